"""The report is one file that needs nothing else."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from kerasseg.report import html
from kerasseg.report.examples import Example

pytestmark = pytest.mark.once


class Reader(HTMLParser):
    """Collects what a page refers to, and whether every element is closed."""

    VOID = frozenset({"meta", "link", "img"})

    def __init__(self):
        super().__init__()
        self.open, self.references, self.tags, self.words = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "srcset", "data", "action", "xlink:href"):
                self.references.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


@pytest.fixture
def page(matrix, legend, place):
    example = Example("scene_1 <7>", *place, mean_iou=0.5, accuracy=0.75)
    history = [
        {"loss": 2.0 - i / 5, "val_loss": 2.1 - i / 5, "val_mean_iou": i / 9}
        for i in range(6)
    ]
    return html.render(
        matrix,
        legend,
        title="fpn on lakes & woods",
        details={"Run": "brave-heron-7"},
        best=[example],
        worst=[example, example],
        history=history,
    )


def test_every_element_is_closed_and_nothing_is_fetched(page):
    found = read(page)
    assert found.references
    assert all(reference.startswith("data:") for reference in found.references)
    assert "script" not in found.tags
    assert not re.search(r"url\(|@import", page)


def test_it_shows_four_pictures_of_each_example(page):
    assert read(page).tags.count("img") == 3 * 4


def test_it_tells_scores_names_and_details(page):
    words = " ".join(" ".join(read(page).words).split())
    for text in (
        "fpn on lakes & woods",
        "brave-heron-7",
        "wood <young> & old",
        "scene_1 <7>",
        "one class everywhere: 57.7",
        "IoU 50.0 · accuracy 75.0",
    ):
        assert text in words


def test_it_tells_what_is_absent_and_how_scores_are_pooled(page):
    words = " ".join(" ".join(read(page).words).split())
    assert "left out of the means: ice." in words
    assert "pooled over all 2,600 labelled pixels" in words
    assert "the most frequent class of this very truth" in words


def test_it_tells_where_the_constant_map_comes_from(matrix, legend):
    page = html.render(matrix, legend, title="", details={}, majority=0)
    words = " ".join(" ".join(read(page).words).split())
    assert "says water for every pixel" in words
    assert "the most frequent class of the training split" in words


def test_curves_are_drawn_where_epochs_are_given(page, matrix, legend):
    assert page.count('class="curve"') == 2
    bare = html.render(matrix, legend, title="bare", details={})
    assert "Learning curves" not in bare
    assert "Worst patches" not in bare
    read(bare)


def test_an_evaluation_without_labels_is_a_report_too(legend):
    page = html.render(np.zeros((4, 4), int), legend, title="empty", details={})
    assert "nan" not in " ".join(read(page).words).lower()


def test_it_has_a_dark_scheme_and_prints(page):
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
