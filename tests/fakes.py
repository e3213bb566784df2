"""A world of coloured fields and a model of two convolutions, for quick tests.

Recipes of tests name them by dotted path: `fakes.world`, `fakes.tiny`.
"""

import os

import numpy as np

from kerasseg import legend
from kerasseg.legend import IGNORE, Legend

TINY_RECIPE = """\
version: 1
seed: 3
backend: {backend}
data: fakes.world
model: fakes.tiny
augment: [flip, quarter_turn]
loss: focal_jaccard
training:
  epochs: 3
  batch_size: 4
  learning_rate: 0.01
tracking: {{experiment: tests, run_name: tiny}}
""".format(backend=os.environ.get("KERAS_BACKEND", "jax"))

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "bare soil", "color": "#8C6A3F"},
            {"name": "water", "color": "#2B6CB0"},
            {"name": "wood", "color": "#2F6B35"},
        ]
    }
)


class World:
    """Squares in the colours of the legend under noise, with one unlabelled corner."""

    bands = ("red", "green", "blue")
    legend: Legend = LEGEND

    def __init__(self, split: str, count: int, size: int):
        self._seed = ("train", "val", "test").index(split)
        self._size = size
        self.ids = tuple(f"{split}_{index:03d}" for index in range(count))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int):
        if index >= len(self):
            raise IndexError(index)
        rng = np.random.default_rng([self._seed, index])
        cells = rng.integers(0, self.legend.num_classes, (4, 4), dtype=np.uint8)
        label = np.kron(cells, np.ones((self._size // 4,) * 2, np.uint8))
        noise = rng.normal(0, 25, (*label.shape, 3))
        image = np.clip(self.legend.colors[label] + noise, 0, 255).astype(np.uint8)
        label[: self._size // 8, : self._size // 8] = IGNORE
        return {"image": image, "label": label}

    def class_counts(self) -> np.ndarray:
        labels = np.stack([self[index]["label"] for index in range(len(self))])
        return np.bincount(labels.ravel(), minlength=256)[: self.legend.num_classes]

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        images = np.stack([self[index]["image"] for index in range(len(self))])
        return images.mean((0, 1, 2)), images.std((0, 1, 2))

    def fingerprint(self) -> str:
        return f"world-{self._seed}-{len(self)}-{self._size}"


def world(split: str, count: int = 12, size: int = 32) -> World:
    """Load a split of the coloured world.

    Args:
        split: One of train, val and test.
        count: Samples.
        size: Height and width in pixels.
    """
    return World(split, count, size)


def tiny(bands: int, num_classes: int, width: int = 8, dropout: float = 0.1):
    """Build two convolutions with what makes a resume hard: statistics and chance.

    Args:
        bands: Number of bands.
        num_classes: Number of classes.
        width: Channels between the two.
        dropout: Share of channels dropped.
    """
    import keras

    image = keras.Input((None, None, bands), name="image")
    x = keras.layers.Conv2D(width, 3, padding="same", name="first")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.SpatialDropout2D(dropout, name="drop")(x)
    logits = keras.layers.Conv2D(num_classes, 1, name="logits")(x)
    return keras.Model({"image": image}, logits, name="tiny")
