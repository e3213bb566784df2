import numpy as np
import pytest
import rasterio

from kerasseg import raster
from kerasseg.legend import LegendError
from kerasseg.prepare.labels import Decoder

pytestmark = pytest.mark.once

CLASSES = np.array([[0, 1, 2], [2, 255, 1]], np.uint8)


def decode(path, codes, **options):
    with raster.open_stack(path) as stack:
        return Decoder(stack, codes, **options).read()


def write_palette(path, values, palette):
    form = {"driver": "PNG", "dtype": "uint8", "count": 1}
    height, width = values.shape
    place = rasterio.Affine.translation(1, 0)  # keeps GDAL from warning
    with rasterio.open(
        path, "w", height=height, width=width, transform=place, **form
    ) as f:
        f.write_colormap(1, {value: (*color, 255) for value, color in palette.items()})
        f.write(values, 1)


def colors(codes):
    entries = [*codes.classes, *codes.ignored]
    return [entry.color for entry in entries]


def test_values_are_read_by_their_codes(tmp_path, codes):
    values = np.array([[0, 7, 9], [9, 255, 7]], np.uint8)
    raster.write(tmp_path / "a.tif", values)
    np.testing.assert_array_equal(decode(tmp_path / "a.tif", codes), CLASSES)


def test_wide_values_are_read_by_their_codes(tmp_path, codes):
    values = np.array([[0, 7, 9], [9, 255, 7]], np.int32)
    raster.write(tmp_path / "a.tif", values)
    np.testing.assert_array_equal(decode(tmp_path / "a.tif", codes), CLASSES)


def test_three_bands_are_read_by_their_colours(tmp_path, codes):
    table = np.array(colors(codes), np.uint8)
    raster.write(tmp_path / "a.tif", table[np.minimum(CLASSES, 3)])
    np.testing.assert_array_equal(decode(tmp_path / "a.tif", codes), CLASSES)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 3, 1)])
def test_palettes_of_any_order_are_read_by_their_colours(tmp_path, codes, order):
    palette = {value: colors(codes)[entry] for value, entry in enumerate(order)}
    values = np.argsort(order)[np.minimum(CLASSES, 3)].astype(np.uint8)
    write_palette(tmp_path / "a.png", values, palette)
    np.testing.assert_array_equal(decode(tmp_path / "a.png", codes), CLASSES)


def test_a_palette_of_other_colours_is_read_by_value(tmp_path, codes):
    values = np.array([[0, 7, 9], [9, 255, 7]], np.uint8)
    write_palette(tmp_path / "a.png", values, {v: (v, 0, 0) for v in range(256)})
    np.testing.assert_array_equal(decode(tmp_path / "a.png", codes), CLASSES)


def test_the_coding_can_be_given(tmp_path, codes):
    values = np.array([[0, 7]], np.uint8)
    palette = dict(enumerate([*colors(codes), *[(1, 1, 1)] * 6]))
    write_palette(tmp_path / "a.png", values, palette)
    np.testing.assert_array_equal(
        decode(tmp_path / "a.png", codes, coding="value"), [[0, 1]]
    )


def test_nodata_is_ignored_unless_the_legend_names_it(tmp_path, codes):
    for nodata, expected in [(99, 255), (7, 1)]:
        grid = raster.grid(1, 2, "EPSG:2180", 0, 0, 1)
        with raster.Writer(tmp_path / "a.tif", grid, nodata=nodata) as file:
            file.write(np.array([[0, nodata]], np.uint8))
        np.testing.assert_array_equal(
            decode(tmp_path / "a.tif", codes), [[0, expected]]
        )


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_an_unknown_value_is_told_with_its_file(tmp_path, codes, dtype):
    raster.write(tmp_path / "a.tif", np.array([[0, 8]], dtype))
    with pytest.raises(LegendError, match=r"a.tif: label value 8 is not in the legend"):
        decode(tmp_path / "a.tif", codes)


def test_an_unknown_colour_is_told_with_its_file(tmp_path, codes):
    raster.write(tmp_path / "a.tif", np.full((2, 2, 3), 17, np.uint8))
    with pytest.raises(
        LegendError, match=r"a.tif: colour #111111 is not in the legend"
    ):
        decode(tmp_path / "a.tif", codes)


def test_an_unknown_colour_of_a_palette_is_told(tmp_path, codes):
    palette = {0: colors(codes)[0], 1: (17, 17, 17)}
    write_palette(tmp_path / "a.png", np.array([[0, 1]], np.uint8), palette)
    with pytest.raises(LegendError, match="colour #111111 is not in the legend"):
        decode(tmp_path / "a.png", codes)


def test_labels_that_are_no_whole_numbers_are_told(tmp_path, codes):
    raster.write(tmp_path / "a.tif", np.zeros((2, 2), np.float32))
    with pytest.raises(LegendError, match=r"a.tif: float32 label. Give whole numbers"):
        decode(tmp_path / "a.tif", codes)


def test_one_band_without_palette_has_no_colours(tmp_path, codes):
    raster.write(tmp_path / "a.tif", np.zeros((2, 2), np.uint8))
    with pytest.raises(LegendError, match="not coded by colour"):
        decode(tmp_path / "a.tif", codes, coding="color")
