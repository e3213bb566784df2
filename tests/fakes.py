"""A world of coloured fields and a model of two convolutions, for quick tests.

Recipes of tests name them by dotted path: `fakes.world`, `fakes.tiny`, and for series
`fakes.seasons`, `fakes.tiny_series`.
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

SERIES_RECIPE = (
    TINY_RECIPE.replace("fakes.world", "fakes.seasons")
    .replace("fakes.tiny", "fakes.tiny_series")
    .replace("focal_jaccard", "cross_entropy")
    + "pipeline: {length_step: 4}\n"
)

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


SEASONS_LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "early", "color": "#8C6A3F"},
            {"name": "late", "color": "#2B6CB0"},
            {"name": "void", "color": "#FFFFFF", "codes": []},
        ],
        "ignored": [{"name": "unknown", "color": "#000000", "code": 9}],
    }
)


class Seasons(World):
    """Series of 3 to 7 dates: what is bright early in the season, or late."""

    bands = ("red", "nir")
    legend: Legend = SEASONS_LEGEND

    def __init__(self, split: str, count: int, size: int, run: int):
        super().__init__(split, count, size)
        self._run = run

    def __getitem__(self, index: int):
        if index >= len(self):
            raise IndexError(index)
        rng = np.random.default_rng([self._run, self._seed, index])
        cells = rng.integers(0, 2, (4, 4), dtype=np.uint8)
        label = np.kron(cells, np.ones((self._size // 4,) * 2, np.uint8))
        days = np.sort(rng.permutation(300)[: 3 + index % 5]).astype(np.int32)
        late = (days > 150)[:, None, None]
        bright = np.where(late == (label == 1), 3000, 1000)
        noise = rng.normal(0, 100, (*bright.shape, 2))
        image = (bright[..., None] + noise).astype(np.int16)
        label[0] = IGNORE
        return {"image": image, "label": label, "days": days, "day_of_year": days + 1}

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(2, 2000.0), np.full(2, 1000.0)

    def fingerprint(self) -> str:
        return f"seasons-{self._run}-{super().fingerprint()}"


def seasons(split: str, count: int = 12, size: int = 16, run: int = 1) -> Seasons:
    """Load a split of the world of two seasons.

    Args:
        split: One of train, val and test.
        count: Samples.
        size: Height and width in pixels.
        run: Which folds are for what.
    """
    return Seasons(split, count, size, run)


def tiny_series(bands: int, num_classes: int, boundary: bool = False):
    """Build a mean over the early dates beside one over the late ones.

    Args:
        bands: Number of bands.
        num_classes: Number of classes.
        boundary: Whether to have a boundary head.
    """
    import keras
    from keras import ops

    image = keras.Input((None, None, None, bands), name="image")
    days = keras.Input((None,), dtype="int32", name="days")
    means = []
    for first, last in ((0, 151), (151, 1000)):
        inside = ops.cast((days >= first) & (days < last), "float32")
        inside = inside[:, :, None, None, None]
        count = ops.maximum(ops.sum(inside, axis=1), 1.0)
        means.append(ops.sum(image * inside, axis=1) / count)
    x = ops.concatenate(means, axis=-1)
    logits = keras.layers.Conv2D(num_classes, 1, name="logits")(x)
    answers = logits
    if boundary:
        edge = keras.layers.Conv2D(2, 3, padding="same", name="edge")(x)
        answers = {"logits": logits, "boundary": edge}
    return keras.Model({"image": image, "days": days}, answers, name="tiny_series")
