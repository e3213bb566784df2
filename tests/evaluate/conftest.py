"""A dataset whose answer is in its pixels, and a model that nearly finds it."""

import keras
import numpy as np
import pytest

from kerasseg import artifact, legend

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "water", "color": "#3B82C4"},
            {"name": "wood", "color": "#2E7D4F"},
            {"name": "ice", "color": "#FFFFFF"},
        ]
    }
)


class Dataset:
    """Seven samples `(12, 10, 2)`: wood where the second band is above the first.

    The labels of sample `i` are wrong in its first `i` rows, so sample 0 is the best.
    Sample 3 is not labelled at all, and ice never occurs.
    """

    bands = ("near", "far")
    legend = LEGEND
    ids = tuple(f"place_{index}" for index in range(7))

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        image = rng.integers(0, 4000, (12, 10, 2)).astype(np.uint16)
        image[..., 1] += image[..., 0] == image[..., 1]
        label = (image[..., 1] > image[..., 0]).astype(np.uint8)
        label[:index] = 1 - label[:index]
        if index == 3:
            label[:] = 255
        return {"image": image, "label": label}


@pytest.fixture
def dataset():
    return Dataset()


@pytest.fixture
def model():
    """Answers wood where the second band is above the first, never ice."""
    image = keras.Input((None, None, 2), name="image")
    layer = keras.layers.Conv2D(3, 1, name="weigh")
    inner = keras.Model({"image": image}, layer(image), name="comparison")
    layer.set_weights(
        [np.array([[[[1, 0, -9], [0, 1, -9]]]], np.float32), np.zeros(3, np.float32)]
    )
    return artifact.assemble(inner, Dataset.bands, (0, 0), (1, 1), LEGEND)
