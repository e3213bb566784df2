"""The report: one HTML file that needs nothing else, not even a network."""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from kerasseg.legend import Legend
from kerasseg.report import figures, pictures, sections
from kerasseg.report.examples import Example
from kerasseg.report.sections import Section
from kerasseg.report.tables import COLUMNS, HEADINGS
from kerasseg.scores import majority_matrix, scores

_CURVES = {"loss": "Loss", "mean_iou": "Mean IoU", "learning_rate": "Learning rate"}


def render(  # noqa: PLR0913
    matrix: np.ndarray,
    legend: Legend,
    *,
    title: str,
    details: Mapping[str, Any],
    best: Sequence[Example] = (),
    worst: Sequence[Example] = (),
    history: Sequence[Mapping[str, float]] = (),
    majority: int | None = None,
    more: Sequence[Section] = (),
    extra: Mapping[str, float] | None = None,
) -> str:
    """Write the report of one evaluation.

    Args:
        matrix: Counts of pixels, rows the truth, pooled over the whole split.
        legend: Class names and colours.
        title: The headline.
        details: What was evaluated, by heading: run, dataset, model, date.
        best: Where the map is at its best.
        worst: Where it is at its worst.
        history: Scores of each epoch, under Keras's names, for the learning curves.
        majority: The class of the constant map to compare with; by default the most
            frequent one of this truth.
        more: Sections to add, such as those of `evaluate.series`.
        extra: More scores, by heading, from 0 to 1.

    Returns:
        HTML, with styles, figures and pictures inside.
    """
    result = scores(matrix)
    if majority is None:
        majority = int(matrix.sum(axis=1).argmax())
        source = "the most frequent class of this very truth"
    else:
        source = "the most frequent class of the training split"
    return figures.TEMPLATES.get_template("report.html.j2").render(
        title=title,
        details=details,
        scores=result,
        matrix=matrix,
        truth=matrix.sum(axis=1).tolist(),
        baseline=scores(majority_matrix(matrix, majority)),
        majority=legend.names[majority],
        majority_source=source,
        classes=_classes(legend),
        columns=[(key, HEADINGS[key]) for key in COLUMNS],
        confusion=Markup(figures.confusion(matrix, legend.names)),
        bars=Markup(figures.bars(result, legend.names, legend.colors)),
        curves=[Markup(svg) for svg in _curves(history)],
        examples=[
            ("Worst patches", [_example(each, legend) for each in worst]),
            ("Best patches", [_example(each, legend) for each in best]),
        ],
        more=sections.render(more),
        extra=extra or {},
        is_long=figures.is_long(legend.names),
        isnan=math.isnan,
    )


def _classes(legend: Legend) -> list[dict[str, str]]:
    return [
        {"name": entry.name, "color": "#{:02x}{:02x}{:02x}".format(*entry.color)}
        for entry in legend.classes
    ]


def _curves(history: Sequence[Mapping[str, float]]) -> list[str]:
    """Draw those curves whose numbers the epochs hold."""
    drawn = []
    for key, title in _CURVES.items():
        series = {
            name: [float(epoch.get(full, math.nan)) for epoch in history]
            for name, full in (("training", key), ("validation", f"val_{key}"))
            if any(full in epoch for epoch in history)
        }
        if series and len(history) > 1:
            best = "validation" if key == "mean_iou" else None
            drawn.append(figures.curve(title, series, best))
    return drawn


def _example(example: Example, legend: Legend) -> dict[str, Any]:
    image, label = example.image, example.label
    shown = {
        "image": image,
        "label": legend.to_colors(label),
        "prediction": legend.to_colors(example.prediction),
        "errors": pictures.errors(image, label, example.prediction),
    }
    return {
        "name": example.name,
        "mean_iou": example.mean_iou,
        "accuracy": example.accuracy,
        "pictures": {key: _data_uri(picture) for key, picture in shown.items()},
    }


def _data_uri(picture: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(pictures.png(picture)).decode()
