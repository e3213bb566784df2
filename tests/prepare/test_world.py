"""Labels of the whole world, in degrees, come onto images wherever these lie."""

import numpy as np
import pytest
from rasterio.warp import transform as project

from kerasseg import raster
from kerasseg.prepare import align
from kerasseg.raster.warping import Warped

pytestmark = pytest.mark.once

FIJI, TONGA = "EPSG:32760", "EPSG:32701"


def save(path, pixels, crs, west, north, pixel):
    grid = raster.grid(*pixels.shape, crs, west, north, pixel)
    with raster.Writer(path, grid, bands=["b"], dtype=str(pixels.dtype)) as file:
        file.write(pixels)
    return path


def image(path, longitude, latitude, crs, pixel, size=24):
    """Write an image around a place."""
    (x,), (y,) = project("EPSG:4326", crs, [longitude], [latitude])
    half = size * pixel / 2
    return save(path, np.ones((size, size), "u1"), crs, x - half, y + half, pixel)


def world(path, west, step):
    """Write labels that tell columns apart, 1 to 199, and rows, up to 40 more."""
    height, width = round(180 / step), round(360 / step)
    rows, columns = np.indices((height, width))
    return save(path, values(rows, columns), "EPSG:4326", west, 90, step)


def values(rows, columns):
    return (columns % 199 + 1 + rows % 3 * 200).astype(np.uint16)


def expected(image, west, step):
    """Ask for the label at the centre of each pixel, one after another."""
    about = raster.info(image)
    rows, columns = np.indices((about.height, about.width)) + 0.5
    x, y = about.transform @ (columns.ravel(), rows.ravel())
    x, y = map(np.array, project(about.crs, "EPSG:4326", x, y))
    column = np.floor((x - west) / step).astype(int) % round(360 / step)
    row = np.floor((90 - y) / step).astype(int)
    return values(row, column).reshape(about.height, about.width)


@pytest.mark.parametrize("west", [-180, 0])
@pytest.mark.parametrize(
    ("longitude", "latitude", "crs", "pixel", "step"),
    [
        (179.9, -17, FIJI, 1000, 0.1),
        (-179.95, -17, TONGA, 1000, 0.1),
        (0.001, 51, "EPSG:32631", 500, 0.1),  # the seam of labels from 0 to 360
        (180.05, -17, "EPSG:4326", 0.01, 0.1),
        (179.9999, -17, FIJI, 10, 1),
        (15.0003, -45, "EPSG:32733", 10, 1),
        (18.2, -89.5, "EPSG:3031", 10, 1),
        (-60.1, 4, "EPSG:4326", 0.01, 1),
    ],
)
def test_the_label_at_each_centre_is_taken(
    tmp_path, longitude, latitude, crs, pixel, step, west
):
    like = image(tmp_path / "i.tif", longitude, latitude, crs, pixel)
    label = world(tmp_path / "l.tif", west, step)
    align.label(label, like, tmp_path / "out.tif", nodata=9999, workers=1)
    aligned = raster.read_label(tmp_path / "out.tif")
    np.testing.assert_array_equal(aligned, expected(like, west, step))


@pytest.mark.parametrize("west", [-180, 0])
def test_classes_elect_alike_on_both_sides_of_the_180th_meridian(tmp_path, west):
    like = image(tmp_path / "i.tif", 179.9, -17, FIJI, 40_000, size=4)
    label = world(tmp_path / "l.tif", west, 0.25)
    about = raster.info(label)
    columns = np.indices((about.height, about.width))[1]
    half = (columns * 0.25 + west) % 360 >= 180  # the western hemisphere
    save(label, half.astype("u1"), "EPSG:4326", west, 90, 0.25)
    summary = align.label(
        label, like, tmp_path / "out.tif", method="majority", share=True, workers=1
    )
    found = raster.read(tmp_path / "out.tif")
    assert found[..., 0].tolist() == [[0, 0, 1, 1]] * 4
    assert summary["classes"] == {"0": 8, "1": 8}
    assert (found[..., 1] == 100)[:, [0, 3]].all()


def test_labels_beyond_180_degrees_east_are_found(tmp_path):
    like = image(tmp_path / "i.tif", -179.9, -17, TONGA, 100)
    label = save(tmp_path / "l.tif", np.full((9, 9), 5, "u1"), "EPSG:4326", 178, -14, 1)
    summary = align.label(label, like, tmp_path / "out.tif", workers=1)
    assert summary["classes"] == {"5": 24 * 24}


def test_labels_of_other_ground_are_still_refused(tmp_path):
    like = image(tmp_path / "i.tif", 179.9, -17, FIJI, 100)
    label = save(tmp_path / "l.tif", np.full((9, 9), 5, "u1"), "EPSG:4326", 10, -14, 1)
    with pytest.raises(raster.RasterError, match="share no ground"):
        align.label(label, like, tmp_path / "out.tif", workers=1)


def test_a_warped_view_shows_both_sides_of_the_180th_meridian(tmp_path):
    like = image(tmp_path / "i.tif", 179.9, -17, FIJI, 1000)
    label = world(tmp_path / "l.tif", -180, 0.1)
    with Warped(label, raster.info(like)) as view:
        whole = raster.Window(0, 0, 24, 24)
        assert view.inside(whole).all()
        shown = view.read(whole)[..., 0]
    assert (shown == expected(like, -180, 0.1)).mean() > 0.99


@pytest.mark.parametrize(
    ("longitude", "latitude", "crs"),
    [(179.9, -17, FIJI), (-60.0, 4, "EPSG:32621"), (0.001, 51, "EPSG:32631")],
)
def test_a_warped_view_that_would_miss_degrees_is_refused_with_its_cure(
    tmp_path, longitude, latitude, crs
):
    like = image(tmp_path / "i.tif", longitude, latitude, crs, 1000)
    label = world(tmp_path / "l.tif", 0, 0.1)
    with pytest.raises(raster.RasterError, match=r"beyond 180 .* `kerasseg prepare al"):
        Warped(label, raster.info(like))
