"""A map is validated on the ground that patches of one split cover, no other."""

import numpy as np
import pytest
from typer.testing import CliRunner

from kerasseg import raster, validate
from kerasseg.cli import app
from kerasseg.prepare import patches
from kerasseg.scores import confusion_matrix

pytestmark = pytest.mark.once


@pytest.fixture
def cut(place):
    """Cut the place into patches, four of which, which overlap, stay together."""
    scene = place.folder / "scene.tif"
    with raster.Writer(scene, place.grid, bands=["grey"]) as file:
        file.write(place.truth.astype("uint8"))
    folder = place.folder / "patches"
    options = {"size": 20, "overlap": 6, "split": "block", "background": None}
    options |= {"fractions": (0.4, 0.3, 0.3), "block": 2, "workers": 1}
    patches.run(scene, place.labels, place.legend, folder, **options)
    return folder


def covered(folder, split):
    lines = (folder / "index.csv").read_text().splitlines()[1:]
    inside = np.zeros((120, 90), bool)
    for line in lines:
        _, _, row, column, part, *_ = line.split(",")
        if part == split:
            inside[int(row) : int(row) + 20, int(column) : int(column) + 20] = True
    return inside


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("block", [7, 64])
def test_each_pixel_of_the_split_is_counted_once(place, cut, split, block):
    found = validate.against(place.map, cut, split=split, block=block)
    inside = covered(cut, split)
    assert 0 < inside.sum() < inside.size
    expected = confusion_matrix(place.truth[inside], place.found[inside], 2)
    assert np.array_equal(found.matrix, expected)
    assert found.mapped.sum() == 120 * 90
    assert found.details["Truth"] == f"patches, {split}"


def test_patches_of_another_place_or_grid_are_refused(place, cut):
    far = raster.grid(120, 90, "EPSG:32631", 584_680, 5_622_440, 10)
    place.write_map(place.found, far)
    with pytest.raises(ValueError, match=r"none of the \d+ patches of test lies on"):
        validate.against(place.map, cut)
    off = raster.grid(120, 90, "EPSG:32631", 574_683, 5_622_440, 10)
    place.write_map(place.found, off)
    with pytest.raises(ValueError, match=r"not on the grid of .*map\.tif"):
        validate.against(place.map, cut)


def test_patches_that_lie_nowhere_are_refused(place, tmp_path):
    from kerasseg.datasets.patches import write_fake

    write_fake(tmp_path / "fake")
    place.legend.write_text((tmp_path / "fake/legend.json").read_text())
    place.write_map(place.found)
    with pytest.raises(ValueError, match="without georeferencing"):
        validate.against(place.map, tmp_path / "fake")


def test_the_command_takes_a_folder_and_a_split(place, cut):
    command = ["evaluate", "--map", str(place.map), str(cut), "--split", "val"]
    done = CliRunner().invoke(app, command)
    share = covered(cut, "val").mean()
    assert f"Labels cover {share:.1%} of the map" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("truth", "more", "told"),
    [
        ("labels.tif", ["--split", "val"], "--split is for runs and folders of"),
        ("patches", ["--legend", "legend.yaml"], "has its own legend, legend.json"),
        ("empty", [], "no patches at empty"),
    ],
)
def test_what_does_not_belong_is_refused(place, cut, monkeypatch, truth, more, told):
    monkeypatch.chdir(place.folder)
    (place.folder / "empty").mkdir()
    done = CliRunner().invoke(app, ["evaluate", "--map", "map.tif", truth, *more])
    assert told in done.stderr
