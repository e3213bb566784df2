import os

import numpy as np
import pytest
import rasterio

from kerasseg import legend, raster
from kerasseg.raster import plain

pytestmark = pytest.mark.once

PLACE = rasterio.Affine(0.25, 0.0, 500_000.0, 0.0, -0.25, 300_000.0)


@pytest.fixture
def slow(monkeypatch):
    """Let the test notice when GDAL is asked."""
    asked = []

    def read(path):
        asked.append(path)
        return raster.read(path)

    monkeypatch.setattr(plain, "read_slowly", read)
    return asked


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
@pytest.mark.parametrize("bands", [1, 2, 3, 13])
def test_pixels_come_back_without_gdal_and_equal_to_it(tmp_path, slow, dtype, bands):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 100, (16, 24, bands)).astype(dtype)
    plain.write(tmp_path / "a.tif", pixels)
    loaded = plain.read(tmp_path / "a.tif")
    assert not slow
    assert loaded.dtype == pixels.dtype
    np.testing.assert_array_equal(loaded, pixels)
    np.testing.assert_array_equal(raster.read(tmp_path / "a.tif"), pixels)


def test_it_is_a_geotiff_with_bands_and_place(tmp_path):
    pixels = np.zeros((8, 9, 3), np.uint8)
    crs = rasterio.crs.CRS.from_epsg(2180)
    names = ("red", "green", "blue")
    plain.write(tmp_path / "a.tif", pixels, crs, PLACE, bands=names)
    about = raster.info(tmp_path / "a.tif")
    assert (about.bands, about.crs.to_epsg()) == (names, 2180)
    assert about.transform.almost_equals(PLACE)


def test_labels_show_the_colours_of_the_legend(tmp_path):
    two = legend.from_dict({"classes": [{"name": "water", "color": "#2060C0"}]})
    plain.write(tmp_path / "a.tif", np.zeros((8, 8), np.uint8), legend=two)
    about = raster.info(tmp_path / "a.tif")
    assert (about.palette[0], about.nodata) == ((32, 96, 192), legend.IGNORE)
    assert plain.read(tmp_path / "a.tif").shape == (8, 8, 1)


def test_pixels_can_be_written_to(tmp_path):
    plain.write(tmp_path / "a.tif", np.zeros((8, 8), np.uint8))
    plain.read(tmp_path / "a.tif")[:] = 1


@pytest.mark.parametrize(
    "options",
    [
        {"compress": "deflate"},
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
        {"blockysize": 4},
        {"interleave": "band"},
        {"bigtiff": "YES"},
        {"endianness": "BIG"},
    ],
)
def test_a_file_laid_out_otherwise_is_read_by_gdal(tmp_path, slow, options):
    pixels = np.random.default_rng(0).integers(0, 99, (40, 36, 3)).astype(np.uint16)
    form = {"height": 40, "width": 36, "count": 3, "dtype": "uint16"}
    form |= {"driver": "GTiff", "transform": PLACE, "interleave": "pixel"} | options
    with rasterio.open(tmp_path / "a.tif", "w", **form) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    np.testing.assert_array_equal(plain.read(tmp_path / "a.tif"), pixels)
    assert slow


@pytest.mark.parametrize("size", [0, 6, 30, 1000])
def test_a_file_cut_short_is_named(tmp_path, size):
    plain.write(tmp_path / "a.tif", np.ones((64, 64), np.uint8))
    os.truncate(tmp_path / "a.tif", size)
    with pytest.raises(raster.RasterError, match=r"a.tif"):
        plain.read(tmp_path / "a.tif")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no patch at .*gone.tif"):
        plain.read(tmp_path / "gone.tif")
