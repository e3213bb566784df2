import numpy as np
import pytest

from kerasseg import raster
from kerasseg.prepare import align

pytestmark = pytest.mark.once


def write(path, pixels, west=0.0, north=0.0, pixel=1.0, crs="EPSG:32612", **options):
    grid = raster.grid(*pixels.shape[:2], crs, 5e5 + west, 4e6 + north, pixel)
    bands = [f"b{i}" for i in range(1 if pixels.ndim == 2 else pixels.shape[2])]
    with raster.Writer(
        path, grid, bands=bands, dtype=str(pixels.dtype), **options
    ) as file:
        file.write(pixels)
    return path


def test_a_coarser_label_is_repeated(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((4, 6), np.uint8))
    coarse = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    label = write(tmp_path / "l.tif", coarse, pixel=2.0)
    align.label(label, image, tmp_path / "out.tif")
    aligned = raster.read_label(tmp_path / "out.tif")
    np.testing.assert_array_equal(aligned, np.kron(coarse, np.ones((2, 2), np.uint8)))
    assert raster.info(tmp_path / "out.tif").has_grid_of(raster.info(image))


def test_a_finer_label_gives_the_most_frequent_value(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((1, 2), np.uint8), pixel=3.0)
    fine = np.array([[1, 1, 1, 7, 7, 9], [1, 5, 1, 9, 5, 7], [1, 1, 5, 7, 7, 7]], "u1")
    label = write(tmp_path / "l.tif", fine)
    align.label(label, image, tmp_path / "out.tif", method="mode")
    np.testing.assert_array_equal(raster.read_label(tmp_path / "out.tif"), [[1, 7]])


def test_what_the_label_does_not_cover_is_nodata(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 4), np.uint8))
    label = write(tmp_path / "l.tif", np.full((2, 2), 3, np.uint8), west=1.0)
    align.label(label, image, tmp_path / "out.tif")
    np.testing.assert_array_equal(
        raster.read_label(tmp_path / "out.tif"), [[255, 3, 3, 255]] * 2
    )
    assert raster.info(tmp_path / "out.tif").nodata == 255


def test_a_raster_that_lies_nowhere_is_told(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 4), np.uint8))
    raster.write(tmp_path / "l.tif", np.zeros((2, 4), np.uint8))
    with pytest.raises(raster.RasterError, match=r"l.tif: no coordinate reference"):
        align.label(tmp_path / "l.tif", image, tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


def test_bands_become_one_image(tmp_path):
    planes = np.random.default_rng(0).integers(0, 999, (2, 5, 6)).astype(np.uint16)
    files = [
        write(tmp_path / f"{name}.tif", plane, nodata=999)
        for name, plane in zip(("red", "nir"), planes, strict=True)
    ]
    align.bands(files, tmp_path / "out.tif")
    np.testing.assert_array_equal(
        raster.read(tmp_path / "out.tif"), np.moveaxis(planes, 0, -1)
    )
    assert raster.info(tmp_path / "out.tif").nodata == 999


def test_land_cover_of_another_grid_comes_onto_a_real_image(shared, tmp_path):
    root = shared("data", "zion_landsat8_nlcd2011")
    files = [root / f"landsat_b{number}.tif" for number in (2, 3, 4, 5)]
    align.label(root / "nlcd.tif", files, tmp_path / "label.tif")
    align.bands(files, tmp_path / "image.tif")
    image, label = (
        raster.info(tmp_path / "image.tif"),
        raster.info(tmp_path / "label.tif"),
    )
    assert image.bands == ("landsat_b2", "landsat_b3", "landsat_b4", "landsat_b5")
    assert label.has_grid_of(image)
    codes = np.unique(raster.read_label(tmp_path / "label.tif"))
    assert set(codes.tolist()) <= {*range(1, 9), 255}
