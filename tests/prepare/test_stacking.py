import numpy as np
import pytest

from kerasseg import raster
from kerasseg.prepare import stacking

pytestmark = pytest.mark.once


def test_bands_become_one_image(tmp_path):
    planes = np.random.default_rng(0).integers(0, 999, (2, 5, 6)).astype(np.uint16)
    grid = raster.grid(5, 6, "EPSG:32612", 5e5, 4e6, 1.0)
    files = []
    for name, plane in zip(("red", "nir"), planes, strict=True):
        files.append(tmp_path / f"{name}.tif")
        with raster.Writer(
            files[-1], grid, bands=["b"], dtype="uint16", nodata=999
        ) as file:
            file.write(plane)
    stacking.bands(files, tmp_path / "out.tif")
    np.testing.assert_array_equal(
        raster.read(tmp_path / "out.tif"), np.moveaxis(planes, 0, -1)
    )
    assert raster.info(tmp_path / "out.tif").nodata == 999
