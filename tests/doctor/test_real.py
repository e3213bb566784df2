"""The doctor on real data: what is known to be wrong is found, and nothing else is."""

from pathlib import Path

import pytest

from kerasseg import doctor, legend

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.once


def test_the_land_cover_of_zion_with_the_tag_of_mexico_is_noticed(shared):
    report = doctor.scenes(shared("data", "zion_landsat8_nlcd2011"))
    found = {(each.id, each.file.rpartition("/")[2]) for each in report.findings}
    assert found == {
        ("K102", "nlcd2011.tif"),
        ("K104", "nlcd.tif"),
        ("K104", "nlcd2011.tif"),
        ("K303", "nlcd.tif"),
    }
    tag = next(each for each in report.findings if each.id == "K102")
    assert "latitudes 15.09 to 32.27, but the raster lies at -113.05, 37.32" in (
        tag.sentence
    )
    assert "--crs EPSG:26912" in tag.cure


def test_dated_images_of_flanders_are_well(shared):
    folder = shared("data", "worldcereal_flanders_2019", "geotiff")
    report = doctor.scenes(folder)
    assert {each.id for each in report.findings} == {"K303"}
    assert report.examined == ("3 dates, 3 labels",)


def test_dubai_is_well_under_the_colours_that_its_masks_have(shared):
    root = shared("data", "dubai_hitl")
    known = legend.read(ROOT / "recipes" / "legends" / "dubai.yaml")
    report = doctor.scenes(
        f"{root}/Tile 4/images/*.jpg", f"{root}/Tile 4/masks/*.png", legend=known
    )
    assert report.findings == ()
