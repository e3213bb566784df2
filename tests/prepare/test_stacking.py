import numpy as np
import pytest

from kerasseg import raster
from kerasseg.prepare import stacking

pytestmark = pytest.mark.once


PLANES = np.random.default_rng(0).integers(0, 999, (2, 5, 6)).astype(np.uint16)


@pytest.fixture
def files(tmp_path):
    grid = raster.grid(5, 6, "EPSG:32612", 5e5, 4e6, 1.0)
    paths = [tmp_path / f"landsat_{name}.tif" for name in ("b4", "b5")]
    for path, plane in zip(paths, PLANES, strict=True):
        with raster.Writer(path, grid, bands=["b"], dtype="uint16", nodata=999) as file:
            file.write(plane)
    return paths


def test_bands_become_one_image(files, tmp_path):
    stacking.bands(files, tmp_path / "out.tif")
    np.testing.assert_array_equal(
        raster.read(tmp_path / "out.tif"), np.moveaxis(PLANES, 0, -1)
    )
    assert raster.info(tmp_path / "out.tif").nodata == 999


def test_bands_take_the_names_that_models_know(files, tmp_path):
    stacking.bands(files, tmp_path / "out.tif", ["red", "nir"])
    assert raster.info(tmp_path / "out.tif").bands == ("red", "nir")


def test_each_band_has_one_name(files, tmp_path):
    with pytest.raises(ValueError, match=r"1 names \(red\) for 2 bands"):
        stacking.bands(files, tmp_path / "out.tif", ["red"])
    assert not (tmp_path / "out.tif").exists()


def test_a_forgotten_destination_costs_no_band(files):
    with pytest.raises(ValueError, match=r"landsat_b5.tif is one of the files"):
        stacking.bands(files, files[-1])
    np.testing.assert_array_equal(raster.read(files[-1])[..., 0], PLANES[1])
