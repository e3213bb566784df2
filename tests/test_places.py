"""Files of an object store are read and written as those of this machine are."""

import json
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasseg import legend as legends
from kerasseg import places, raster
from kerasseg.places import place
from kerasseg.prepare import align, pairs, patches

pytestmark = pytest.mark.once

LEGEND = {
    "classes": [
        {"name": "low", "color": "#DCD6B4", "code": 1},
        {"name": "high", "color": "#D7301F", "code": 2},
    ]
}


@pytest.fixture
def scenes(bucket):
    """Put three scenes into the bucket, and labels three times as fine."""
    rng, held = np.random.default_rng(0), {}
    for number in range(3):
        grid = raster.grid(64, 64, "EPSG:2180", 5e5 + number * 1e4, 4e5, 3.0)
        fine = raster.grid(192, 192, "EPSG:2180", 5e5 + number * 1e4, 4e5, 1.0)
        image = rng.integers(1, 999, (64, 64, 2)).astype(np.uint16)
        label = rng.choice([1, 2], (192, 192)).astype(np.uint8)
        raster.write(f"{bucket}/images/s{number}.tif", image, grid)
        raster.write(f"{bucket}/fine/s{number}.tif", label, fine)
        held[f"s{number}"] = image, label
    return bucket, held


@pytest.mark.parametrize("text", ["a/b.tif", "/a/b.tif", "C:/a/b.tif", "a:b"])
def test_a_path_of_this_machine_stays_one(text):
    assert type(place(text)) is type(Path(text))
    assert not places.is_remote(place(text))


def test_a_path_made_of_a_url_is_that_url():
    pytest.importorskip("upath")
    assert str(place(Path("memory://bucket/a.tif"))) == "memory://bucket/a.tif"
    assert place(place("memory://bucket/a.tif")) == place("memory://bucket/a.tif")


def test_a_window_is_read_from_a_store(scenes):
    bucket, held = scenes
    window = raster.Window(10, 20, 30, 40)
    found = raster.read(f"{bucket}/images/s1.tif", window)
    np.testing.assert_array_equal(found, held["s1"][0][10:40, 20:60])


def _fail(path):
    about = raster.grid(8, 8, "EPSG:2180", 5e5, 4e5, 1.0)
    with raster.Writer(path, about, bands=["b"]) as file:
        file.write(np.zeros((9, 9), np.uint8))


def test_a_failed_write_leaves_nothing_in_the_store(bucket):
    with pytest.raises(ValueError, match="pixels of shape"):
        _fail(f"{bucket}/half.tif")
    assert not place(f"{bucket}/half.tif").exists()


def test_scenes_are_found_by_folder_and_by_pattern(scenes):
    bucket, _ = scenes
    by_folder = pairs.find(f"{bucket}/images", f"{bucket}/fine")
    by_pattern = pairs.find(f"{bucket}/images/s*.tif", f"{bucket}/fine/s*.tif")
    assert [pair.scene for pair in by_folder] == ["s0", "s1", "s2"]
    assert [pair.scene for pair in by_pattern] == ["0", "1", "2"]
    assert [pair.image for pair in by_folder] == [pair.image for pair in by_pattern]
    with pytest.raises(FileNotFoundError, match=r"no image at s3://.*/none"):
        pairs.find(f"{bucket}/none", f"{bucket}/fine")


def test_labels_are_aligned_and_patches_cut_from_store_to_store(scenes, tmp_path):
    bucket, held = scenes
    place(f"{bucket}/legend.json").write_text(json.dumps(LEGEND))
    align.label(
        *(f"{bucket}/{folder}/s0.tif" for folder in ("fine", "images", "out")),
        method="majority",
        legend=f"{bucket}/legend.json",
    )
    low = (held["s0"][1] == 1).reshape(64, 3, 64, 3).sum(axis=(1, 3)) > 4
    found = raster.read_label(f"{bucket}/out/s0.tif")
    np.testing.assert_array_equal(found == 1, low)
    summary = patches.run(
        *(f"{bucket}/{name}/s0.tif" for name in ("images", "out")),
        f"{bucket}/legend.json",
        tmp_path / "patches",
        size=32,
        split="block",
        block=1,
        workers=1,
    )
    assert sum(each["patches"] for each in summary["splits"].values()) == 4
    first = raster.read(tmp_path / "patches" / "images" / "s0_r0_c0.tif")
    np.testing.assert_array_equal(first, held["s0"][0][:32, :32])


def test_a_process_can_be_given_a_url(scenes):
    bucket, held = scenes
    path = pickle.loads(pickle.dumps(place(f"{bucket}/images/s2.tif")))
    np.testing.assert_array_equal(raster.read(path), held["s2"][0])


def test_commands_take_urls(scenes):
    from typer.testing import CliRunner

    from kerasseg.cli import app

    bucket, held = scenes
    places = (f"{bucket}/{name}/s0.tif" for name in ("fine", "images", "near"))
    done = CliRunner().invoke(app, ["prepare", "align", *places])
    assert done.exit_code == 0, done.output
    found = raster.read_label(f"{bucket}/near/s0.tif")
    np.testing.assert_array_equal(found, held["s0"][1][1::3, 1::3])


def test_patches_go_to_a_folder_of_this_machine(scenes):
    bucket, _ = scenes
    known = legends.from_dict(LEGEND)
    with pytest.raises(ValueError, match="patches are read at random, many times"):
        patches.run(
            *(f"{bucket}/images", f"{bucket}/images", known, f"{bucket}/patches"),
            size=32,
        )


def test_polygons_are_fetched_once(scenes, tmp_path):
    bucket, _ = scenes
    pyogrio, shapely = map(pytest.importorskip, ("pyogrio", "shapely"))
    shape = shapely.to_wkb(shapely.box(5e5, 4e5 - 96, 5e5 + 192, 4e5))
    local = tmp_path / "p.gpkg"
    pyogrio.raw.write(
        *(local, np.array([shape], object), [], []),
        geometry_type="Polygon",
        crs="EPSG:2180",
    )
    place(f"{bucket}/p.gpkg").write_bytes(local.read_bytes())
    align.label(f"{bucket}/p.gpkg", f"{bucket}/images/s0.tif", tmp_path / "out.tif")
    found = raster.read_label(tmp_path / "out.tif")
    assert (found[:32] == 1).all()
    assert (found[32:] == 255).all()
    assert len(list(tmp_path.glob("kerasseg-*/p.gpkg"))) == 1


def test_what_is_not_there_is_told(bucket, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no raster at s3://.*/none.tif"):
        raster.info(f"{bucket}/none.tif")
    with pytest.raises(FileNotFoundError, match="no store is known as nowhere://"):
        raster.info("nowhere://bucket/a.tif")
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "kerasseg\[cloud\]"'):
        raster.info(f"{bucket}/none.tif")


def test_a_store_that_does_not_answer_is_told(bucket, monkeypatch):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(ConnectionError, match="Check the URL, the credentials") as told:
        raster.info(f"{bucket}/a.tif")
    assert os.linesep not in str(told.value)
