"""Tables hold the scores as text."""

import csv
import io

import numpy as np
import pytest

from kerasseg.report import tables
from kerasseg.report.examples import Patch
from kerasseg.scores import majority_matrix, scores

pytestmark = pytest.mark.once


def parse(text):
    return list(csv.reader(io.StringIO(text)))


def test_the_text_table_has_a_line_per_class_and_the_means(matrix, legend):
    result = scores(matrix)
    lines = tables.text(result, legend.names).splitlines()
    rows = {line[:18].strip(): line.split() for line in lines}
    assert rows["water"][1::2] == ["85.3", "92.1", "94.2", "90.0"]
    assert rows["ice"][1:] == ["-"] * 4
    assert rows["mean"][1] == f"{100 * result.mean_iou:.1f}"


def test_the_columns_of_the_text_table_stand_below_each_other(matrix, legend):
    lines = tables.text(scores(matrix), legend.names).splitlines()
    assert len({len(line) for line in lines[:8]}) == 1


def test_the_text_table_compares_with_one_class_everywhere(matrix, legend):
    baseline = scores(majority_matrix(matrix))
    text = tables.text(scores(matrix), legend.names, baseline)
    assert "one class everywhere: accuracy 57.7 %, mean IoU 19.2 %, kappa 0.000" in text


def test_csv_holds_scores_and_pixels(matrix, legend):
    rows = parse(tables.class_csv(scores(matrix), legend.names, matrix))
    assert rows[0][-2:] == ["true_pixels", "predicted_pixels"]
    assert rows[1] == [
        "water",
        "0.853081",
        "0.920716",
        "0.942408",
        "0.900000",
        "1000",
        "955",
    ]
    assert rows[4] == ["ice", "", "", "", "", "0", "0"]
    assert rows[5][0] == "mean"


def test_csv_of_the_matrix_comes_back_whole(matrix, legend):
    rows = parse(tables.matrix_csv(matrix, legend.names))
    assert tuple(rows[0][1:]) == tuple(row[0] for row in rows[1:]) == legend.names
    np.testing.assert_array_equal(np.array([row[1:] for row in rows[1:]], int), matrix)


def test_csv_of_the_patches_leaves_undefined_cells_empty():
    patches = [Patch("a", 0.5, 0.75, 2, 1.0), Patch("b", np.nan, np.nan, 0, 0.0)]
    rows = parse(tables.patch_csv(patches))
    assert rows[1:] == [
        ["a", "0.500000", "0.750000", "2", "1.000000"],
        ["b", "", "", "0", "0.000000"],
    ]
