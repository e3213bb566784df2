"""The files of an evaluation hold its scores, each file whole."""

import csv
import json

import numpy as np
import pytest

from kerasseg import evaluate


@pytest.fixture
def evaluation(model, dataset):
    return evaluate.run(model, dataset, examples=2)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_all_files_are_there_and_nothing_else(evaluation, tmp_path):
    report = evaluate.write(evaluation, tmp_path / "new" / "test")
    assert report == tmp_path / "new" / "test" / "report.html"
    assert sorted(path.name for path in report.parent.iterdir()) == [
        "confusion.csv",
        "patches.csv",
        "report.html",
        "scores.csv",
        "scores.json",
    ]


def test_json_holds_the_scores_and_the_baseline(evaluation, tmp_path):
    evaluate.write(evaluation, tmp_path)
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["mean_iou"] == evaluation.scores.mean_iou
    assert content["classes"]["water"]["recall"] == evaluation.scores.recall[0]
    assert content["classes"]["ice"]["iou"] is None
    assert content["absent"] == ["ice"]
    assert content["baseline"]["accuracy"] == evaluation.baseline.accuracy
    assert (content["num_patches"], content["num_pixels"]) == (7, 720)


def test_csv_files_hold_what_was_counted(evaluation, tmp_path):
    evaluate.write(evaluation, tmp_path)
    confusion = rows(tmp_path / "confusion.csv")
    assert confusion[0][1:] == ["water", "wood", "ice"]
    np.testing.assert_array_equal(
        np.array([row[1:] for row in confusion[1:]], int), evaluation.matrix
    )
    classes = {row[0]: row for row in rows(tmp_path / "scores.csv")}
    assert float(classes["wood"][1]) == pytest.approx(
        evaluation.scores.iou[1], abs=1e-6
    )
    assert classes["ice"][1:] == ["", "", "", "", "0", "0"]
    assert classes["mean"][-1] == "720"
    patches = rows(tmp_path / "patches.csv")
    assert [row[0] for row in patches[1:]] == [each.name for each in evaluation.patches]
    assert patches[4][1:3] == ["", ""]  # not labelled


def test_the_report_tells_what_was_evaluated(evaluation, tmp_path):
    report = evaluate.write(
        evaluation,
        tmp_path,
        title="lakes, test",
        details={"Run": "brave-heron-7"},
        history=[{"loss": 1.0, "val_loss": 1.2}, {"loss": 0.5, "val_loss": 0.8}],
    ).read_text()
    for text in ("lakes, test", "brave-heron-7", "comparison", "place_6", "Loss"):
        assert text in report


def test_scores_are_logged_under_the_names_of_training(evaluation):
    flat = evaluation.flat("test")
    assert flat["test_mean_iou"] == evaluation.scores.mean_iou
    assert flat["test_iou/wood"] == evaluation.scores.iou[1]
    assert flat["test_baseline_accuracy"] == evaluation.baseline.accuracy
    assert np.isnan(flat["test_recall/ice"])


def test_the_table_tells_what_is_absent(evaluation):
    table = evaluation.table()
    assert f"{100 * evaluation.scores.mean_iou:.1f} %" in table
    assert "left out of the means: ice" in table
    assert "one class everywhere" in table


def test_a_folder_that_cannot_be_is_an_error_of_the_system(evaluation, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        evaluate.write(evaluation, tmp_path / "file" / "test")
