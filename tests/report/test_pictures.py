"""Pictures show what was there, in any number of bands and units."""

import cv2
import numpy as np
import pytest

from kerasseg.report import pictures

pytestmark = pytest.mark.once


def test_bytes_in_three_bands_stay_as_they_are(place):
    np.testing.assert_array_equal(pictures.rgb(place[0]), place[0])


def test_bands_are_found_by_name():
    image = np.zeros((4, 4, 3), np.uint8) + np.array([1, 2, 3], np.uint8)
    shown = pictures.rgb(image, ("Blue", "Green", "Red"))
    assert shown[0, 0].tolist() == [3, 2, 1]


def test_sentinel_bands_look_natural():
    bands = ("B02", "B03", "B04", "B08")
    image = np.random.default_rng(0).integers(0, 9000, (8, 8, 4)).astype(np.uint16)
    shown = pictures.rgb(image, bands)
    np.testing.assert_array_equal(shown, pictures.rgb(image[..., [2, 1, 0]]))


def test_other_units_are_stretched_between_percentiles():
    ramp = np.repeat(np.arange(1000, dtype=np.uint16).reshape(20, 50, 1), 3, axis=-1)
    shown = pictures.rgb(1000 + 3 * ramp)
    assert shown.dtype == np.uint8
    assert (shown.min(), shown.max()) == (0, 255)
    assert 18 <= np.mean(shown[..., 0] == 0) * 1000 <= 22  # two percent are black
    assert abs(int(np.median(shown)) - 127) <= 2


def test_one_band_is_grey():
    shown = pictures.rgb(np.random.default_rng(0).normal(size=(6, 5, 1)))
    assert shown.shape == (6, 5, 3)
    assert np.all(shown == shown[..., :1])


def test_a_series_shows_its_middle_date():
    series = np.random.default_rng(0).integers(0, 255, (5, 6, 4, 3)).astype(np.uint8)
    np.testing.assert_array_equal(pictures.rgb(series), series[2])


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, np.inf])
def test_an_image_of_one_value_is_black(value):
    assert not pictures.rgb(np.full((4, 4, 3), value, np.float32)).any()


def test_holes_do_not_spoil_the_stretch():
    image = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    holed = image.copy()
    holed[0, 0] = np.nan
    kept = np.s_[1:, :]
    difference = pictures.rgb(holed)[kept].astype(int) - pictures.rgb(image)[kept]
    assert np.abs(difference).max() <= 3


def test_errors_are_red_and_unlabelled_pixels_dark(place):
    image, label, prediction = place
    shown = pictures.errors(image, label, prediction)
    assert np.all(shown[40:] == pictures.WRONG)
    assert np.all(shown[:8] == pictures.UNKNOWN)
    right = shown[8:40].astype(int)
    assert right.min() >= 168  # pale
    assert np.all(right == right[..., :1])  # grey


def test_a_panel_sets_four_parts_above_the_legend(place, legend):
    image, label, prediction = place
    panel = pictures.panel(image, label, prediction, legend)
    assert panel.dtype == np.uint8
    factor, top, left = 4, 24, 8  # 40 pixels become 160
    width = 40 * factor
    for index, part in enumerate(
        (image, legend.to_colors(label), legend.to_colors(prediction))
    ):
        start = left + index * (width + 6)
        shown = panel[top : top + 48 * factor, start : start + width]
        np.testing.assert_array_equal(shown[::factor, ::factor], part)


def test_every_class_has_its_swatch_in_the_panel(place, legend):
    panel = pictures.panel(*place, legend)
    strip = panel[24 + 48 * 4 :].reshape(-1, 3)
    for color in legend.colors[:3]:
        assert np.sum(np.all(strip == color, axis=1)) > 50


def test_a_long_legend_takes_more_rows(place, legend):
    wide = pictures.panel(*place, legend)
    long = type(legend)(legend.classes * 8)
    assert pictures.panel(*place, long).shape[0] > wide.shape[0] + 24


def test_png_comes_back_as_it_was(place):
    content = np.frombuffer(pictures.png(place[0]), np.uint8)
    back = cv2.cvtColor(cv2.imdecode(content, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(back, place[0])
