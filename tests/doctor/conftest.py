"""Worlds where all is well: scenes with labels, a series, and samples in memory."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from kerasseg import legend, raster
from kerasseg.datasets import series
from kerasseg.legend import IGNORE

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#00FF00", "code": 1},
            {"name": "house", "color": "#FF0000", "code": 2},
        ],
        "ignored": [{"name": "nothing", "color": "#000000", "code": 0}],
    }
)
SIDE = 48
BANDS = ("red", "nir")


def grid(**changes):
    """Return a grid in Flanders, of 10 m, with changes."""
    about = raster.grid(SIDE, SIDE, "EPSG:32631", 574_680, 5_622_440, 10)
    return replace(about, **changes)


class Scenes:
    """A folder with `images/` and `labels/`, to be spoilt."""

    legend = LEGEND
    ones = np.ones((SIDE, SIDE))

    def __init__(self, folder):
        self.images, self.labels = folder / "images", folder / "labels"
        rng = np.random.default_rng(0)
        for name in "abc":
            pixels = rng.integers(200, 3000, (SIDE, SIDE, 2))
            self.image(name, pixels)
            self.label(name, rng.integers(1, 3, (SIDE, SIDE)))

    def image(self, name, pixels, *, dtype="uint16", nodata=0, **changes):
        """Write an image, whose size is that of its pixels."""
        pixels = np.asarray(pixels, dtype)
        like = grid(height=pixels.shape[0], width=pixels.shape[1], **changes)
        names = BANDS if pixels.shape[-1] == 2 else [f"b{i}" for i in "123"]
        with raster.Writer(
            self.images / f"{name}.tif", like, bands=names, dtype=dtype, nodata=nodata
        ) as file:
            file.write(pixels)

    def label(self, name, values, *, dtype="uint8", **changes):
        values = np.asarray(values, dtype)
        like = grid(height=values.shape[0], width=values.shape[1], **changes)
        with raster.Writer(
            self.labels / f"{name}.tif", like, bands=["label"], dtype=dtype
        ) as file:
            file.write(values)

    @staticmethod
    def moved(change):
        """Return the transform of the grid after another one."""
        return grid().transform @ change

    def pixels(self, name):
        return raster.read(self.images / f"{name}.tif")


@dataclass
class Memory:
    """A split whose samples lie in memory."""

    samples: dict
    stored: tuple
    bands: tuple = BANDS
    legend: object = field(default_factory=lambda: LEGEND)

    @property
    def ids(self):
        return tuple(self.samples)

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return [*self.samples.values()][index]

    def statistics(self):
        return self.stored


class Samples:
    """Three splits of four samples, to be spoilt; `load` is what the doctor takes."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.splits = {
            split: {f"{split}_{i}": self.sample(rng) for i in range(4)}
            for split in ("train", "val", "test")
        }
        self.stored = np.full(2, 1600.0), np.full(2, 808.0)

    @staticmethod
    def sample(rng):
        image = rng.integers(200, 3000, (16, 16, 2)).astype("uint16")
        label = rng.integers(0, 2, (16, 16)).astype("uint8")
        label[0] = IGNORE
        return {"image": image, "label": label}

    def load(self, split):
        if not self.splits[split]:
            raise ValueError(f"no patch in split {split!r}, of 8 in all. Add some.")
        return Memory(self.splits[split], self.stored)


@pytest.fixture
def scenes(tmp_path):
    return Scenes(tmp_path)


@pytest.fixture
def samples():
    return Samples()


@pytest.fixture
def dated(tmp_path):
    """Return the folder of a series of ten dates or so, with labels and legend."""
    series.write_fake(tmp_path / "series", size=64)
    return tmp_path / "series"
