"""Patches of different splits show different ground."""

import csv
import itertools

import numpy as np
import pytest

from kerasseg import raster
from kerasseg.prepare import leaks, patches

pytestmark = pytest.mark.once


def around(rng, number, crs="EPSG:2180"):
    corners = [raster.grid(64, 64, crs, *rng.uniform(0, 300, 2), 1.0) for _ in "ab"]
    scene = rng.integers(0, 2, number).tolist()
    places = [tuple(place) for place in rng.integers(0, 200, (number, 2)).tolist()]
    return corners, scene, places


def boxes(corners, scene, places, size):
    """Place boxes one after another: the oracle."""
    found = []
    for number, (row, column) in zip(scene, places, strict=True):
        west, north = corners[number].transform @ (column, row)
        found.append((west, north - size, west + size, north))
    return found


@pytest.mark.parametrize("distance", [0.0, 7.5])
@pytest.mark.parametrize("seed", range(5))
def test_near_patches_are_found_all_and_only(seed, distance):
    rng = np.random.default_rng(seed)
    corners, scene, places = around(rng, 60)
    splits = rng.choice(["train", "val"], 60).tolist()
    found = set(leaks.near(leaks.boxes(corners, scene, places, 20), splits, distance))
    where = boxes(corners, scene, places, 20)
    expected = set()
    for one, other in itertools.combinations(range(60), 2):
        a, b = where[one], where[other]
        gap = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
        if splits[one] != splits[other] and gap < distance - 0.02:
            expected.add((one, other))
    assert found == expected
    assert 0 < len(expected) < 900


def test_scenes_of_two_systems_are_compared_on_the_ground():
    here = raster.grid(64, 64, "EPSG:32612", 5e5, 4e6, 10.0)
    from rasterio.warp import transform

    (west,), (north,) = transform("EPSG:32612", "EPSG:32613", [5e5 + 200], [4e6 - 200])
    there = raster.grid(64, 64, "EPSG:32613", west, north, 10.0)
    where = leaks.boxes([here, there], [0, 1, 1], [(0, 0), (0, 0), (40, 40)], 30)
    assert list(leaks.near(where, ["train", "val", "val"])) == [(0, 1)]


def test_pictures_without_a_place_leak_within_themselves_only():
    plain = raster.Info(None, 64, 64, "uint8", ("b",), None, raster.Info)
    where = leaks.boxes([plain, plain], [0, 1, 1], [(0, 0), (0, 0), (5, 5)], 8)
    assert list(leaks.near(where, ["train", "val", "test"])) == [(1, 2)]


def index(folder):
    with (folder / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_overlapping_patches_dealt_at_random_are_refused(country, codes, tmp_path):
    images, labels, _ = country(((128, 128),))
    options = {"size": 32, "workers": 1, "split": "random"}
    with pytest.raises(ValueError, match=r"show the same ground.*--split block"):
        patches.run(images, labels, codes, tmp_path / "out", overlap=16, **options)
    assert not (tmp_path / "out" / "patches.json").exists()
    patches.run(images, labels, codes, tmp_path / "other", **options)


def test_scenes_that_overlap_are_refused_or_kept_apart(country, codes, tmp_path):
    images, labels, scenes = country(((64, 64),) * 3)
    moved = raster.grid(64, 64, "EPSG:2180", 5e5 + 16, 4e5, 0.5)  # 32 pixels east
    raster.write(images / "scene_1.tif", scenes["scene_1"][0].astype("u2"), moved)
    label = raster.read_label(labels / "scene_1.tif")
    raster.write(labels / "scene_1.tif", label, moved)
    options = {"size": 32, "workers": 1, "train": "scene_0", "val": "scene_1"}
    places = images, labels, codes, tmp_path / "out"
    with pytest.raises(ValueError, match=r"scene_0_r0_c32 \(train\) and scene_1_r0_c0"):
        patches.run(*places, **options)
    summary = patches.run(*places, buffer=0.0, **options)
    assert summary["reasons"] == {"near another split": 2}
    kept = [line["id"] for line in index(tmp_path / "out")]
    assert [name for name in kept if name.startswith("scene_0")] == [
        "scene_0_r0_c0",
        "scene_0_r32_c0",
    ]
    assert summary["splits"]["val"]["patches"] == 4


def test_splits_keep_their_distance(country, codes, tmp_path):
    images, labels, _ = country(((256, 256),))
    patches.run(
        *(images, labels, codes, tmp_path / "out"),
        size=16,
        split="block",
        block=4,
        buffer=10.0,  # 20 pixels
        workers=1,
    )
    lines = index(tmp_path / "out")
    assert {line["split"] for line in lines} == {"train", "val", "test"}
    for one, other in itertools.combinations(lines, 2):
        if one["split"] != other["split"]:
            apart = [abs(int(one[k]) - int(other[k])) - 16 for k in ("row", "column")]
            assert max(apart) >= 20
