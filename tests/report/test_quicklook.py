"""A quicklook shows the map in its colours, the shares of classes and the scale."""

import numpy as np
import pytest

from kerasseg import legend
from kerasseg.legend import IGNORE
from kerasseg.report import quicklook

pytestmark = pytest.mark.once

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#C0C000"},
            {"name": "forêt", "color": "#006000"},
            {"name": "a class with a very long name indeed", "color": "#0000C0"},
        ]
    }
)


def _drawn(label, metres=10.0):
    counts = np.bincount(label.ravel(), minlength=256)
    pixels = [*counts[:3].tolist(), int(counts[IGNORE])]
    return quicklook.draw(label, LEGEND, pixels, metres)


def _count(picture, color):
    return int((picture == np.array(color, np.uint8)).all(axis=-1).sum())


def test_the_map_is_shown_in_its_colours_and_enlarged_whole_times():
    label = np.zeros((120, 160), np.uint8)
    label[:30] = 1
    label[90:] = IGNORE
    picture = _drawn(label)
    swatches = 3 * 20 * 20
    for color, rows in (((192, 192, 0), 60), ((0, 96, 0), 30)):
        assert 0 <= _count(picture, color) - rows * 160 * 9 < swatches
    assert picture.shape[1] > 3 * 160 + 300  # The longest name has room.


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (700, 3)])
def test_scenes_of_any_form_are_drawn(shape):
    picture = _drawn(np.full(shape, IGNORE, np.uint8))
    assert picture.dtype == np.uint8
    assert min(picture.shape[:2]) > 100


def test_without_georeferencing_there_is_no_scale_bar():
    label = np.zeros((500, 600), np.uint8)
    below = _drawn(label, None)[24 + 500 + 2 :, : 24 + 600]
    assert (below == 255).all()
    assert (_drawn(label, 10.0)[24 + 500 + 2 :, : 24 + 600] < 255).any()


@pytest.mark.parametrize(
    ("most", "expected"), [(1, 1), (9.9, 5), (4999, 2000), (0.07, 0.05), (50, 50)]
)
def test_scale_bars_have_round_lengths(most, expected):
    assert quicklook.round_length(most) == pytest.approx(expected)
