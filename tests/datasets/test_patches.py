import json
import os

import numpy as np
import pytest

from kerasseg import raster
from kerasseg.datasets import patches

pytestmark = pytest.mark.once


@pytest.fixture
def root(tmp_path):
    patches.write_fake(tmp_path / "patches")
    return tmp_path / "patches"


def test_the_fingerprint_is_the_one_noted(root):
    noted = json.loads((root / "patches.json").read_text())["fingerprint"]
    assert patches.load("val", root).fingerprint() == noted


def test_an_edited_patch_is_still_read(root):
    """Saved by a GIS it may be compressed and tiled: slower, but no fault."""
    train = patches.load("train", root)
    path = root / "images" / f"{train.ids[0]}.tif"
    pixels = train[0]["image"].copy()
    pixels[3:5] = 200
    raster.write(path, pixels, raster.info(path))
    np.testing.assert_array_equal(train[0]["image"], pixels)


def test_pixels_know_their_size_where_scenes_do(root):
    train = patches.load("train", root)
    assert train.resolution is None
    path = root / "images" / f"{train.ids[0]}.tif"
    grid = raster.grid(32, 32, "EPSG:2180", 5e5, 4e5, 0.25)
    raster.write(path, train[0]["image"], grid)
    assert train.resolution == 0.25


FAULTS = {
    "patches.json gone": (
        lambda root: (root / "patches.json").unlink(),
        FileNotFoundError,
        r"no patches at .*patches.json there.*prepare patches",
    ),
    "patches.json cut": (
        lambda root: os.truncate(root / "patches.json", 20),
        ValueError,
        r"patches.json: damaged",
    ),
    "legend gone": (
        lambda root: (root / "legend.json").unlink(),
        FileNotFoundError,
        r"no legend at .*legend.json",
    ),
    "index gone": (
        lambda root: (root / "index.csv").unlink(),
        FileNotFoundError,
        r"no index at .*index.csv",
    ),
    "index edited": (
        lambda root: (root / "index.csv").write_text("id"),
        ValueError,
        r"index.csv is not the index patches.json was written with",
    ),
    "legend of others": (
        lambda root: (root / "legend.json").write_text(
            '{"classes": [{"name": "sea", "color": "#0000FF"}]}'
        ),
        ValueError,
        r"index.csv has columns .*ground.* but legend.json asks for .*sea",
    ),
    "split": (lambda root: None, ValueError, r"no patch in split 'all', of 12"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_line(root, fault):
    spoil, kind, line = FAULTS[fault]
    spoil(root)
    with pytest.raises(kind, match=line) as caught:
        patches.load("all" if fault == "split" else "train", root)
    assert "\n" not in str(caught.value)


def test_a_missing_patch_is_told(root):
    (root / "labels" / "square_00.tif").unlink()
    with pytest.raises(FileNotFoundError, match=r"no patch at .*labels/square_00.tif"):
        patches.load("train", root)[0]


def test_image_and_label_of_other_sizes_are_told(root):
    raster.write(root / "labels" / "square_00.tif", np.zeros((8, 8), np.uint8))
    with pytest.raises(
        ValueError, match=r"image square_00 is \(32, 32, 3\) .*\(8, 8\)"
    ):
        patches.load("train", root)[0]
