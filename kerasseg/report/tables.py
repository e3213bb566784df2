"""Scores as tables: for the terminal, and as CSV."""

import csv
import io
import math
from collections.abc import Sequence

import numpy as np

from kerasseg.report.examples import Patch
from kerasseg.scores import Scores

COLUMNS = ("iou", "f1", "precision", "recall")
HEADINGS = {"iou": "IoU", "f1": "F1", "precision": "Precision", "recall": "Recall"}


def text(scores: Scores, names: Sequence[str], baseline: Scores | None = None) -> str:
    """Lay the scores out for a terminal, in percent.

    Args:
        scores: What to show.
        names: One name per class.
        baseline: Scores of the map that is one class everywhere, shown at the end.
    """
    head = [HEADINGS[key] for key in COLUMNS]
    rows = [
        [name, *(_percent(getattr(scores, key)[index]) for key in COLUMNS)]
        for index, name in enumerate(names)
    ]
    means = ["mean", *(_percent(getattr(scores, f"mean_{key}")) for key in COLUMNS)]
    width = max(len(row[0]) for row in [["class"], *rows, means])
    rule = "-" * (width + 11 * len(COLUMNS))
    lines = [_row(["class", *head], width), rule]
    lines += [*(_row(row, width) for row in rows), rule, _row(means, width), ""]
    lines.append(_summary("accuracy", scores))
    if baseline is not None:
        lines.append(_summary("one class everywhere: accuracy", baseline))
    if scores.absent:
        absent = ", ".join(names[index] for index in scores.absent)
        lines.append(f"absent from truth and map, left out of the means: {absent}")
    return "\n".join(lines)


def class_csv(scores: Scores, names: Sequence[str], matrix: np.ndarray) -> str:
    """Return one row per class and one for the means; undefined cells are empty."""
    truth, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    rows = [["class", *COLUMNS, "true_pixels", "predicted_pixels"]]
    for index, name in enumerate(names):
        values = [_cell(getattr(scores, key)[index]) for key in COLUMNS]
        rows.append([name, *values, int(truth[index]), int(predicted[index])])
    means = [_cell(getattr(scores, f"mean_{key}")) for key in COLUMNS]
    rows.append(["mean", *means, int(truth.sum()), int(predicted.sum())])
    return _csv(rows)


def matrix_csv(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Return the counts of pixels, one row per true class."""
    rows = [["truth \\ prediction", *names]]
    rows += [[name, *row] for name, row in zip(names, matrix.tolist(), strict=True)]
    return _csv(rows)


def patch_csv(patches: Sequence[Patch]) -> str:
    """Return one row per sample, in the order of the dataset."""
    rows = [["id", "mean_iou", "accuracy", "true_classes", "labelled"]]
    rows += [
        [
            each.name,
            _cell(each.mean_iou),
            _cell(each.accuracy),
            each.true_classes,
            _cell(each.labelled),
        ]
        for each in patches
    ]
    return _csv(rows)


def _summary(what: str, scores: Scores) -> str:
    kappa = "-" if math.isnan(scores.kappa) else f"{scores.kappa:.3f}"
    return (
        f"{what} {_percent(scores.accuracy)}, mean IoU {_percent(scores.mean_iou)}, "
        f"kappa {kappa}"
    )


def _row(cells: list[str], width: int) -> str:
    return cells[0].ljust(width) + "".join(cell.rjust(11) for cell in cells[1:])


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def _csv(rows: list[list]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
