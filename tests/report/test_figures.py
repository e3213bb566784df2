"""Figures are well-formed SVG that says what the numbers say."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from kerasseg.report import figures
from kerasseg.scores import scores

pytestmark = pytest.mark.once
SVG = "{http://www.w3.org/2000/svg}"


def titles(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}title")]


def texts(svg):
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def widths(svg):
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    return [float(node.get("width")) for node in nodes]


def test_each_cell_of_the_matrix_tells_its_count(matrix, legend):
    found = titles(figures.confusion(matrix * 1000, legend.names))
    assert len(found) == 16
    assert found[0] == "water → water: 900,000 of 1,000,000 pixels (90.00 %)"
    assert found[2] == "water → route pavée: 40,000 of 1,000,000 pixels (4.00 %)"


def test_rows_of_the_matrix_are_shares_of_the_truth(matrix, legend):
    shown = texts(figures.confusion(matrix, legend.names))
    for share in ("90.0", "6.0", "4.0", "98.0", "50.0", "25.0"):
        assert share in shown


def test_a_class_without_truth_has_an_empty_row(matrix, legend):
    svg = figures.confusion(matrix, legend.names)
    assert texts(svg).count("–") == 4
    assert "ice → water: 0 of 0 pixels" in titles(svg)


def test_bars_are_as_long_as_the_scores(matrix, legend):
    result = scores(matrix)
    svg = figures.bars(result, legend.names, legend.colors)
    found = widths(svg)
    full = max(found)
    for key in ("iou", "f1", "precision", "recall"):
        for value in getattr(result, key)[:3]:
            assert min(abs(width - full * value) for width in found) < 0.06
    assert texts(svg).count("absent") == 4
    assert "Recall of water: 90.00 %" in titles(svg)


def test_bars_show_the_colours_of_the_legend(matrix, legend):
    svg = figures.bars(scores(matrix), legend.names, legend.colors)
    assert all(color in svg for color in ("#3b82c4", "#2e7d4f", "#5a5a66", "#ffffff"))


def test_names_cannot_break_out_of_a_figure(matrix, legend):
    assert "<young>" not in figures.confusion(matrix, legend.names)
    assert "wood <young> & old" in texts(figures.confusion(matrix, legend.names))


def points(svg):
    """Return the corners of each curve."""
    paths = ElementTree.fromstring(svg).iter(f"{SVG}path")
    number = r"(-?[\d.]+) (-?[\d.]+)"
    return [
        np.array(re.findall(number, p.get("d")), float).reshape(-1, 2) for p in paths
    ]


def test_a_curve_goes_through_its_values():
    svg = figures.curve("Loss", {"training": [4.0, 2.0, 1.0, 0.0]})
    (curve,) = points(svg)
    steps = np.diff(curve, axis=0)
    np.testing.assert_allclose(steps[:, 0], steps[0, 0], atol=0.11)
    np.testing.assert_allclose(steps[:, 1] / steps[0, 1], [1, 0.5, 0.5], atol=0.01)
    assert steps[0, 1] > 0  # SVG counts downwards


def test_a_curve_stops_at_a_gap_and_goes_on_behind_it():
    svg = figures.curve("IoU", {"training": [0.1, 0.2, float("nan"), 0.4, 0.5]})
    (path,) = (p.get("d") for p in ElementTree.fromstring(svg).iter(f"{SVG}path"))
    assert path.count("M") == 2
    assert path.count("L") == 2


def test_the_best_epoch_is_marked():
    series = {"training": [0.1, 0.9, 0.9], "validation": [0.2, 0.7, 0.6]}
    assert "best: 0.7000 after epoch 2" in titles(
        figures.curve("IoU", series, "validation")
    )


@pytest.mark.parametrize(
    "values", [[0.5], [0.5, 0.5], [0.0, 0.0], [float("nan")] * 2, [1e-6, 2e-6], [-3, 7]]
)
def test_curves_of_any_values_stay_inside_the_figure(values):
    for curve in points(figures.curve("Loss", {"training": values})):
        assert np.all(curve >= 0)
        assert np.all(curve <= [480, 276])


@pytest.mark.parametrize("count", [1, 2, 8, 9, 40])
def test_any_number_of_classes_can_be_drawn(count):
    names = [f"class {index}" for index in range(count)]
    matrix = np.eye(count, dtype=int) * 5
    colors = np.zeros((count, 3), np.uint8)
    assert len(titles(figures.confusion(matrix, names))) == count**2
    assert len(titles(figures.bars(scores(matrix), names, colors))) == 4 * count + 4
