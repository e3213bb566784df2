"""Where rasters lie on the ground."""

import numpy as np
import pytest
import rasterio

from kerasseg import raster
from kerasseg.raster import ground

pytestmark = pytest.mark.once


def crs(code):
    return rasterio.crs.CRS.from_epsg(code)


def test_the_box_of_a_rotated_raster_holds_all_its_corners():
    about = raster.grid(10, 20, "EPSG:32631", 0, 0, 1)
    turned = about.transform @ rasterio.Affine.rotation(90)
    box = ground.bounds(type(about)(**{**vars(about), "transform": turned}))
    assert np.allclose(box, (-10, -20, 0, 0))


def test_a_place_is_told_in_degrees():
    about = raster.grid(64, 64, "EPSG:32631", 574_680, 5_622_440, 10)
    assert np.allclose(ground.bounds_in(about).middle, (4.063, 50.746), atol=1e-3)


def test_a_map_of_the_world_shares_ground_with_every_place():
    world = raster.grid(180, 360, "EPSG:4326", -180, 90, 1)
    here = raster.grid(50, 50, "EPSG:32631", 300_000, 4_600_000, 1000)
    assert ground.meet(world, here)
    assert ground.meet(here, world)
    assert not ground.meet(raster.grid(9, 9, "EPSG:4326", -80, 40, 1), here)


def test_metres_tagged_as_metres_of_nowhere_have_no_place():
    about = raster.grid(64, 64, "EPSG:4326", 574_680, 5_622_440, 10)
    assert ground.bounds_in(about, crs(32631)) is None


@pytest.mark.parametrize(
    ("code", "area"),
    [
        (6367, (-114, 15.09, -108, 32.27)),
        (32612, (-114, 0, -108, 84)),
        (2193, (166.37, -47.33, 178.63, -34.1)),
    ],
)
def test_areas_are_those_of_the_epsg_register(code, area):
    assert ground.area(crs(code)) == area


def test_a_system_of_ones_own_has_no_area():
    own = rasterio.crs.CRS.from_proj4("+proj=laea +lat_0=12 +lon_0=34 +units=m")
    assert ground.area(own) is None


@pytest.mark.parametrize(("west", "middle"), [(821_000, 180.0), (700_000, 178.9)])
def test_the_middle_lies_inside_also_across_the_180th_meridian(west, middle):
    about = raster.grid(100, 100, "EPSG:32760", west - 5e4, 8_120_000, 1000)
    found = ground.bounds_in(about).middle[0]
    assert (found - middle + 180) % 360 - 180 == pytest.approx(0, abs=0.1)
