import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
import rasterio

from kerasseg import legend, raster
from kerasseg.raster import Window, cog

pytestmark = pytest.mark.once

PLACE = rasterio.Affine(0.25, 0.0, 500_000.0, 0.0, -0.25, 300_000.0)
SOUTH_UP = rasterio.Affine(0.25, 0.0, 500_000.0, 0.0, 0.25, 300_000.0)
TURNED = PLACE @ rasterio.Affine.rotation(30)
TWO = legend.from_dict(
    {
        "classes": [
            {"name": "land", "color": "#A0C080"},
            {"name": "water", "color": "#2060C0"},
        ]
    }
)


def grid(height=40, width=50, transform=PLACE, crs="EPSG:2180", **options):
    crs = crs and rasterio.crs.CRS.from_string(crs)
    fields = {"dtype": "uint8", "bands": ("band_1",), "path": None} | options
    return raster.Info(
        height=height, width=width, crs=crs, transform=transform, **fields
    )


@pytest.fixture
def scene(tmp_path):
    pixels = np.arange(40 * 50 * 3, dtype=np.uint16).reshape(40, 50, 3)
    path = tmp_path / "scene.tif"
    raster.write(path, pixels, grid(bands=("red", "green", "nir"), nodata=7))
    return path, pixels


def test_comes_back_the_same_from_disk(scene):
    path, pixels = scene
    np.testing.assert_array_equal(raster.read(path), pixels)
    about = raster.info(path)
    assert (about.height, about.width, about.count, about.dtype) == (
        40,
        50,
        3,
        "uint16",
    )
    assert about.bands == ("red", "green", "nir")
    assert about.nodata == 7
    assert about.crs.to_epsg() == 2180


@pytest.mark.parametrize("transform", [PLACE, SOUTH_UP, TURNED])
def test_every_transform_is_kept(tmp_path, transform):
    like = grid(transform=transform)
    raster.write(tmp_path / "a.tif", np.zeros((40, 50), np.uint8), like)
    assert raster.info(tmp_path / "a.tif").transform.almost_equals(transform)


def test_a_window_is_the_slice_of_the_whole(scene):
    path, pixels = scene
    with raster.open_stack(path) as stack:
        part = stack.read(Window(5, 7, 11, 13), bands=[2, 0])
    np.testing.assert_array_equal(part, pixels[5:16, 7:20][..., [2, 0]])


def test_a_window_outside_is_refused(scene):
    outside = pytest.raises(raster.RasterError, match="outside its 40 x 50 pixels")
    with raster.open_stack(scene[0]) as stack, outside:
        stack.read(Window(30, 0, 11, 10))


def test_files_stack_as_bands_in_their_order(tmp_path):
    planes = np.random.default_rng(0).integers(0, 9, (2, 40, 50)).astype(np.uint8)
    paths = [tmp_path / "b3.tif", tmp_path / "b2.tif"]
    for path, plane in zip(paths, planes, strict=True):
        raster.write(path, plane, grid())
    with raster.open_stack(paths) as stack:
        assert stack.info.bands == ("b3", "b2")
        np.testing.assert_array_equal(stack.read(), np.moveaxis(planes, 0, -1))
        np.testing.assert_array_equal(stack.read(bands=[1])[..., 0], planes[1])


@pytest.mark.parametrize(
    "other", [{"width": 49}, {"transform": SOUTH_UP}, {"crs": "EPSG:32633"}]
)
def test_files_on_other_grids_do_not_stack(tmp_path, other):
    for name, like in [("a.tif", grid()), ("b.tif", grid(**other))]:
        raster.write(tmp_path / name, np.zeros((40, like.width), np.uint8), like)
    with pytest.raises(raster.RasterError, match=r"b.tif: not on the grid of .*a.tif"):
        raster.open_stack([tmp_path / "a.tif", tmp_path / "b.tif"])


def test_files_of_other_types_do_not_stack(tmp_path):
    raster.write(tmp_path / "a.tif", np.zeros((40, 50), np.uint8), grid())
    raster.write(tmp_path / "b.tif", np.zeros((40, 50), np.int16), grid())
    with pytest.raises(raster.RasterError, match=r"b.tif: int16 .*a.tif is uint8"):
        raster.open_stack([tmp_path / "a.tif", tmp_path / "b.tif"])


def test_pictures_need_no_georeferencing_and_lose_their_alpha(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (9, 8, 4), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    about = raster.info(tmp_path / "a.png")
    assert about.bands == ("red", "green", "blue")
    assert not about.is_georeferenced
    np.testing.assert_array_equal(raster.read(tmp_path / "a.png"), pixels[..., 2::-1])


def test_a_described_fourth_band_is_data_though_gdal_tags_it_alpha(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 3, (40, 50, 4), np.uint8)
    path = tmp_path / "rgbn.tif"
    shape = {"width": 50, "height": 40, "count": 4, "dtype": "uint8"}
    with rasterio.open(path, "w", transform=grid().transform, **shape) as target:
        target.write(np.moveaxis(pixels, -1, 0))
        target.set_band_description(4, "nir")
        assert target.colorinterp[3].name == "alpha"
    assert raster.info(path).bands == ("red", "green", "blue", "nir")
    np.testing.assert_array_equal(raster.read(path), pixels)
    with raster.open_stack(path) as stack:
        assert stack.observed(raster.Window(0, 0, 40, 50)).all()


def test_a_map_carries_its_legend(tmp_path):
    label = np.array([[0, 1], [1, 255]], np.uint8)
    with raster.Writer(tmp_path / "map.tif", grid(2, 2), legend=TWO) as writer:
        writer.write(label)
    about = raster.info(tmp_path / "map.tif")
    assert about.nodata == legend.IGNORE
    assert (about.palette[0], about.palette[1]) == ((160, 192, 128), (32, 96, 192))
    with rasterio.open(tmp_path / "map.tif") as source:
        assert source.tags(1)["CLASS_1"] == "water"
    np.testing.assert_array_equal(raster.read_label(tmp_path / "map.tif"), label)


def test_probabilities_are_written_window_by_window(tmp_path):
    pixels = np.random.default_rng(0).random((300, 270, 2), np.float32)
    path = tmp_path / "new" / "p.tif"
    like = grid(300, 270)
    with raster.Writer(path, like, bands=TWO.names, dtype="float32") as writer:
        for place in raster.windows(300, 270, 256, edge="pad"):
            place = place.within(300, 270)
            rows = slice(place.row, place.row + place.height)
            columns = slice(place.column, place.column + place.width)
            writer.write(pixels[rows, columns], place)
    np.testing.assert_array_equal(raster.read(path), pixels)
    assert raster.info(path).bands == TWO.names


def test_a_failed_map_leaves_nothing_and_keeps_the_old_one(tmp_path):
    path = tmp_path / "map.tif"
    path.write_text("the old one")
    with pytest.raises(RuntimeError), raster.Writer(path, grid()):
        raise RuntimeError
    assert [each.name for each in tmp_path.iterdir()] == ["map.tif"]
    assert path.read_text() == "the old one"


@pytest.mark.parametrize(
    ("crs", "transform", "metres"),
    [
        ("EPSG:2180", PLACE, 0.25),
        ("EPSG:2180", SOUTH_UP, 0.25),
        ("EPSG:2180", TURNED, 0.25),
        ("EPSG:2263", PLACE, 0.25 * 0.3048006096),  # feet of New York
        ("EPSG:4326", rasterio.Affine(1e-3, 0, 0, 0, -1e-3, 60), 111.32 * 0.5**0.5),
        (None, PLACE, None),
    ],
)
def test_the_side_of_a_pixel_is_known_in_metres(crs, transform, metres):
    found = grid(crs=crs, transform=transform).resolution
    assert found == (metres and pytest.approx(metres, rel=1e-3))


def test_pieces_become_one_cloud_optimized_file(tmp_path):
    label = np.random.default_rng(0).integers(0, 2, (700, 900), np.uint8)
    like, pieces = grid(700, 900), []
    for row, column in [(0, 0), (0, 500), (300, 0), (300, 500)]:
        bottom, right = (300, 700)[row > 0], (500, 900)[column > 0]
        window = Window(row, column, bottom - row, right - column)
        pieces.append((tmp_path / f"{row}_{column}.tif", window))
        part = grid(window.height, window.width)
        with raster.Writer(pieces[-1][0], part, legend=TWO) as file:
            file.write(label[row:bottom, column:right])
    path = tmp_path / "whole.tif"
    cog.join(pieces, like, path, overviews="mode", tags={"MADE_OF": "a & <b>"})
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(1), label)
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.crs, file.transform) == (like.crs, like.transform)
        assert (file.nodata, file.descriptions) == (legend.IGNORE, ("class",))
        assert file.tags(1)["CLASS_1"] == "water"
        assert file.colormap(1)[1] == (32, 96, 192, 255)
        assert file.overviews(1) == [2]
    assert raster.tags(path)["MADE_OF"] == "a & <b>"
    assert raster.thumbnail(path, 450).shape == (350, 450)
    assert {each.name for each in tmp_path.iterdir()} == {
        "whole.tif",
        *(piece.name for piece, _ in pieces),
    }


FULL_DISK = """
import resource, sys, numpy, rasterio
from kerasseg import raster
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
pixels = numpy.random.default_rng(0).integers(0, 255, (600, 600), numpy.uint8)
try:
    raster.write(sys.argv[1], pixels)
except OSError as error:
    sys.stdout.write(str(error))
"""


def test_a_full_disk_is_one_clear_line_and_no_file(tmp_path):
    path = tmp_path / "map.tif"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: could not be written in full.")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        raster.write(tmp_path / "file" / "map.tif", np.zeros((2, 2), np.uint8))
    with pytest.raises(OSError, match="is a folder"):
        raster.write(tmp_path, np.zeros((2, 2), np.uint8))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no raster at .*gone.tif"):
        raster.info(tmp_path / "gone.tif")


def test_a_file_that_is_no_raster_is_named(tmp_path):
    (tmp_path / "a.tif").write_text("hello")
    with pytest.raises(raster.RasterError, match=r"a.tif: not a raster"):
        raster.info(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_a_truncated_file_is_named_with_its_cure(tmp_path, name):
    pixels = np.random.default_rng(0).integers(0, 255, (600, 600, 3), np.uint8)
    path = tmp_path / name
    raster.write(path, pixels) if name == "a.tif" else cv2.imwrite(str(path), pixels)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(raster.RasterError, match=rf"{name}: .*[Cc]opy or download"):
        raster.read(path)


def test_windows_touch_and_crop_shift_or_pad_the_edge():
    def starts(edge, **options):
        places = raster.windows(4, 10, 4, edge=edge, **options)
        return [place.column for place in places]

    assert starts("crop") == [0, 4]
    assert starts("shift") == [0, 4, 6]
    assert starts("pad") == [0, 4, 8]
    assert starts("crop", stride=3) == [0, 3, 6]


@pytest.mark.parametrize("edge", ["shift", "pad"])
@pytest.mark.parametrize("stride", [3, 4])
def test_windows_cover_every_pixel(edge, stride):
    for height, width in [(4, 4), (9, 13), (17, 6)]:
        seen = np.zeros((height + 9, width + 9), int)
        for row, column, rows, columns in raster.windows(
            height, width, 4, stride, edge
        ):
            seen[row : row + rows, column : column + columns] += 1
        assert seen[:height, :width].min() == 1


def test_a_raster_smaller_than_a_window_has_none_or_a_padded_one():
    assert raster.windows(3, 9, 4, edge="shift") == []
    assert raster.windows(3, 3, 4, edge="pad") == [Window(0, 0, 4, 4)]


def test_window_sizes_must_be_positive():
    with pytest.raises(ValueError, match="size 0"):
        raster.windows(4, 4, 0)
