"""What is written of a validation is what was found."""

import csv
import json

import numpy as np
import pytest

from kerasseg import validate

pytestmark = pytest.mark.once


@pytest.fixture
def found(place):
    return validate.against(place.map, place.labels, legend=place.legend, block=10)


def test_the_files_agree_with_what_was_found(found, tmp_path):
    report = validate.write(found, tmp_path / "out", title="a map")
    told = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert told["confusion"] == found.matrix.tolist()
    assert told["overall"]["value"] == float(found.estimates.overall.value)
    assert told["classes"]["house"]["users"]["low"] == found.estimates.users.low[1]
    assert told["classes"]["house"]["shares"]["low"] is None
    area = told["classes"]["house"]["hectares"]["value"]
    assert np.isclose(area, 108 * found.estimates.shares.value[1])
    with (tmp_path / "out" / "classes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["field", "house"]
    assert rows[1]["shares_low"] == ""
    assert np.isclose(float(rows[1]["hectares"]), area, atol=1e-5)
    assert {path.name for path in report.parent.iterdir()} == {
        "validation.json",
        "classes.csv",
        "confusion.csv",
        "report.html",
    }


def test_the_report_shows_intervals_and_the_whole_map(found, tmp_path):
    text = validate.write(found, tmp_path, title="a map").read_text()
    assert 'aria-label="Accuracy and area with intervals"' in text
    assert text.count("data:image/png;base64,") == 3
    assert "The whole map" in text
    assert f"Overall accuracy {found.worded('overall')}." in text
    assert "nan" not in text.lower().replace("finance", "")


def test_dots_and_rings_stay_within_their_axes(found, tmp_path):
    text = validate.write(found, tmp_path, title="a map").read_text()
    figure = text[text.index('class="intervals"') :]
    width = float(figure.split("viewBox=")[1].split()[2])
    places = [float(part.split('"')[0]) for part in figure.split('cx="')[1:]]
    assert len(places) == 2 * 3 + 2
    assert max(places) < width - 50


def test_the_table_gives_intervals_where_there_are_any(found):
    lines = found.table().splitlines()
    assert lines[0].split() == ["class", "user's", "producer's", "mapped", "area"]
    assert "–" in lines[2]
    assert lines[2].rstrip().endswith(f"{100 * found.estimates.shares.value[0]:.1f} %")
    assert lines[5].startswith("overall accuracy 8")
