"""Figures of series are well-formed SVG that says what the numbers say."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from kerasseg.report import sections, series_lines, series_panels

pytestmark = pytest.mark.once
SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("water", "wood <young> & old", "ice")
COLORS = np.array([(59, 130, 196), (46, 125, 79), (255, 255, 255)], np.uint8)


def every(svg, tag):
    return list(ElementTree.fromstring(svg).iter(f"{SVG}{tag}"))


def titles(svg):
    return [node.text for node in every(svg, "title")]


def texts(svg):
    return [node.text for node in every(svg, "text")]


def corners(node):
    found = re.findall(r"(-?[\d.]+) (-?[\d.]+)", node.get("d"))
    return np.array(found, float).reshape(-1, 2)


def test_points_stand_at_their_scores():
    lines = {"mean IoU": [0.2, np.nan, 0.8], "accuracy": [0.4, 0.6, 0.8]}
    svg = series_lines.points("Scores", "dates", ("1", "2", "all"), lines)
    assert titles(svg)[:2] == ["mean IoU, 1: 20.0 %", "mean IoU, all: 80.0 %"]
    heights = [float(node.get("cy")) for node in every(svg, "circle")]
    rising = corners(every(svg, "path")[1])[:, 1]
    assert len(heights) == 5
    np.testing.assert_allclose(rising[0] - rising[1], rising[1] - rising[2])
    assert heights[1] == heights[4] == rising[2]
    assert every(svg, "path")[0].get("d").count("M") == 2  # a gap
    assert {"Scores", "dates", "1", "2", "all", "80.0"} <= set(texts(svg))


def test_points_of_nothing_are_drawn_all_the_same():
    svg = series_lines.points("Scores", "dates", ("1",), {"mean IoU": [np.nan]})
    assert not every(svg, "circle")


@pytest.fixture
def profile():
    mean = np.array([[0.2, 0.4, np.nan, 0.6], [0, 0, 0, 0], [np.nan] * 4])
    return series_lines.profiles(
        "NDVI",
        [5, 15, 25, 35],
        mean,
        np.full((3, 4), 0.1),
        names=NAMES,
        notes=["9 pixels", "1 pixel", "0 pixels"],
        colors=COLORS,
        across=[("Jan", 5), ("Feb", 20)],
    )


def test_a_panel_is_drawn_for_each_class_that_was_seen(profile):
    shown = texts(profile)
    assert "water" in shown
    assert "wood <young> & old" in shown
    assert "ice" not in shown
    assert shown.count("Feb") == 2
    assert "9 pixels" in shown


def test_bands_lie_around_the_mean_and_stop_at_gaps(profile):
    band, alone, line = every(profile, "path")[:3]
    top, bottom = corners(band)[:2], corners(band)[:1:-1]
    middle = corners(line)[:2]
    np.testing.assert_allclose((top + bottom) / 2, middle, atol=0.11)
    assert len(corners(alone)) == 2  # the fourth value, beyond the gap


def test_heat_is_as_dark_as_the_number_is_large():
    values = np.array([[0.5, 2.0, np.nan], [1.0, 0, 1], [np.nan] * 3])
    svg = series_panels.heat(
        "Attention",
        values,
        names=NAMES,
        labels=("1 Jan", "11 Jan", "21 Jan"),
        across=[("Jan", 0)],
        unit="shares",
    )
    assert titles(svg)[0] == "water, 1 Jan: 0.50 shares"
    assert len(titles(svg)) == 5
    styles = [node.get("style") for node in every(svg, "rect")]
    found = [float(s.partition("fill-opacity:")[2]) for s in styles if "opacity" in s]
    assert found[:5] == [0.25, 1, 0.5, 0, 0.5]
    assert "ice" not in texts(svg)
    assert "2 shares" in texts(svg)


def test_bars_of_classes_grow_by_the_same_step_for_each_power_of_ten():
    counts = {"train": np.array([10, 1000, 0]), "test": np.array([100, 1, 7])}
    svg = series_panels.distribution(counts, NAMES, COLORS)
    widths = {}
    for group in every(svg, "g"):
        title = group.find(f"{SVG}title")
        if title is not None:
            widths[title.text] = float(group.find(f"{SVG}rect").get("width"))
    ten, hundred, thousand = (
        widths[f"{name}: {count} pixels"]
        for name, count in (
            ("water, train", "10"),
            ("water, test", "100"),
            ("wood <young> & old, train", "1,000"),
        )
    )
    assert hundred - ten == pytest.approx(thousand - hundred, abs=0.11)
    assert widths["wood <young> & old, test: 1 pixels"] > 0
    assert widths["ice, train: 0 pixels"] == 0


def test_reliability_shows_what_lacks():
    confidence, accuracy = np.full(15, np.nan), np.full(15, np.nan)
    confidence[[7, 14]], accuracy[[7, 14]] = (0.5, 0.97), (0.6, 0.5)
    pixels = np.zeros(15, int)
    pixels[[7, 14]] = 25, 75
    svg = series_panels.reliability(confidence, accuracy, pixels, 0.378)
    assert "47 to 53 % sure: 60.0 % right, 25.0 % of the pixels" in titles(svg)
    assert "error 37.8 %" in texts(svg)
    heights = [float(node.get("height")) for node in every(svg, "rect")]
    np.testing.assert_allclose(heights[3:5], [340 * 0.5, 340 * 0.47], atol=0.06)
    nothing = series_panels.reliability(confidence, accuracy, 0 * pixels, np.nan)
    assert not every(nothing, "rect")


def test_a_section_is_html_with_its_figure_and_numbers():
    section = sections.Section(
        "dates", "Score <b>", "Read & see.", "<svg></svg>", ("a", "b"), (("1 < 2", 3),)
    )
    page = sections.render([section, section])
    assert page.count("<svg></svg>") == 2
    assert "Score &lt;b&gt;" in page
    assert "<td>1 &lt; 2</td><td>3</td>" in page
    assert section.csv() == "a,b\n1 < 2,3\n"
