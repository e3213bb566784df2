"""A raster of classes is seen on another grid, and never averaged."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from kerasseg import legend, raster

pytestmark = pytest.mark.once
GRID = raster.grid(30, 40, "EPSG:32631", 574_680, 5_622_440, 10)
WINDOW = raster.Window(5, 3, 20, 30)


def write(path, values, like=GRID, **options):
    with raster.Writer(path, like, bands=["label"], **options) as file:
        file.write(values)
    return path


@pytest.fixture
def values():
    return np.random.default_rng(0).integers(0, 256, (30, 40)).astype("uint8")


def test_on_its_own_grid_a_raster_is_as_it_is(tmp_path, values):
    path = write(tmp_path / "a.tif", values)
    with raster.Warped(path, GRID) as warped:
        assert np.array_equal(warped.read()[..., 0], values)
        part = values[5:25, 3:33]
        assert np.array_equal(raster.read_label(warped, WINDOW), part)
        assert warped.inside(WINDOW).all()


def test_a_raster_of_half_the_detail_repeats_its_pixels(tmp_path, values):
    coarse = replace(
        GRID,
        height=15,
        width=20,
        transform=GRID.transform @ rasterio.Affine.scale(2),
    )
    path = write(tmp_path / "a.tif", values[:15, :20], coarse)
    with raster.Warped(path, GRID) as warped:
        repeated = np.kron(values[:15, :20], np.ones((2, 2), "uint8"))
        assert np.array_equal(warped.read()[..., 0], repeated)


def test_where_colours_have_alpha_it_tells_where_the_raster_reaches(tmp_path):
    alpha = np.zeros((30, 40), "uint8")
    alpha[:, 20:] = 255
    form = {"driver": "GTiff", "dtype": "uint8", "count": 4, "photometric": "RGB"}
    place = {"height": 30, "width": 40, "crs": GRID.crs, "transform": GRID.transform}
    with rasterio.open(tmp_path / "a.tif", "w", alpha="YES", **form, **place) as file:
        file.write(np.stack([alpha // 2] * 3 + [alpha]))
    with raster.Warped(tmp_path / "a.tif", GRID) as warped:
        assert warped.read().shape == (30, 40, 3)
        whole = raster.Window(0, 0, 30, 40)
        assert np.array_equal(warped.inside(whole), alpha > 0)


def test_another_system_gives_only_values_that_were_there(tmp_path, values):
    path = write(tmp_path / "a.tif", np.where(values > 128, 7, 9).astype("uint8"))
    like = raster.grid(60, 60, "EPSG:3035", 3_902_100, 3_087_900, 10)
    with raster.Warped(path, like) as warped:
        pixels, inside = warped.read()[..., 0], warped.inside(WINDOW)
        assert set(np.unique(pixels)) == {7, 9}
        assert not warped.inside(raster.Window(0, 0, 60, 60)).all()
        assert inside.any()


def test_nodata_is_a_value_as_any_other_so_that_outside_is_told_apart(tmp_path):
    path = write(tmp_path / "a.tif", np.zeros((30, 40), "uint8"), nodata=0)
    moved = replace(GRID, transform=GRID.transform @ rasterio.Affine.translation(10, 0))
    with raster.Warped(path, moved) as warped:
        inside = warped.inside(raster.Window(0, 0, 30, 40))
    assert inside[:, :30].all()
    assert not inside[:, 30:].any()


def test_a_palette_is_kept(tmp_path, values):
    known = legend.from_dict({"classes": [{"name": "a", "color": "#123456"}]})
    path = write(tmp_path / "a.tif", values, legend=known)
    with raster.Warped(path, GRID) as warped:
        assert warped.info.palette[0] == (0x12, 0x34, 0x56)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"crs": None}, "no coordinate reference system"),
        (
            {"transform": GRID.transform @ rasterio.Affine.translation(99, 0)},
            "share no ground",
        ),
    ],
)
def test_a_raster_of_nowhere_is_refused(tmp_path, values, change, match):
    path = write(tmp_path / "a.tif", values, replace(GRID, **change))
    with pytest.raises(raster.RasterError, match=match):
        raster.Warped(path, GRID)


def test_a_map_tells_its_classes_and_another_raster_none(tmp_path, values):
    known = legend.from_dict(
        {
            "classes": [
                {"name": "field", "color": "#00FF00", "code": 4},
                {"name": "house", "color": "#FF0000", "code": 2},
            ]
        }
    )
    path = write(tmp_path / "a.tif", values, legend=known)
    read = raster.read_legend(path)
    assert read.names == known.names
    assert np.array_equal(read.colors, known.colors)
    assert [entry.codes for entry in read.classes] == [(0,), (1,)]
    assert raster.read_legend(write(tmp_path / "b.tif", values)) is None
