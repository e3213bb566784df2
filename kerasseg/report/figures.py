"""Figures as SVG text: they scale, print, and follow the page's light or dark scheme.

Each is a pure function of arrays. Colours are CSS variables with a default, so that a
figure looks right in the report and as a file of its own.
"""

import math
from collections.abc import Mapping, Sequence

import jinja2
import numpy as np

from kerasseg.report.tables import COLUMNS, HEADINGS
from kerasseg.scores import Scores

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("kerasseg.report"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def confusion(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Draw a confusion matrix; each row shows where the pixels of a class went.

    Args:
        matrix: Counts `(C, C)`, rows the truth.
        names: One name per class.

    Returns:
        SVG, with the counts as tooltips. A class without truth has an empty row.
    """
    truth = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, truth, out=np.zeros(matrix.shape), where=truth > 0)
    side = min(76, max(38, 520 // len(names)))
    return TEMPLATES.get_template("confusion.svg.j2").render(
        names=names,
        counts=matrix.tolist(),
        shares=shares.tolist(),
        truth=truth[:, 0].tolist(),
        side=side,
        left=text_width(names) + 34,
        top=text_width(names) * 0.64 + 40,
    )


def bars(scores: Scores, names: Sequence[str], colors: np.ndarray) -> str:
    """Draw IoU, F1, precision and recall of each class as horizontal bars.

    Args:
        scores: What to show.
        names: One name per class.
        colors: The legend's colours, uint8 `(C, 3)`, shown beside the names.
    """
    return TEMPLATES.get_template("bars.svg.j2").render(
        names=names,
        per_row=4 if is_long(names) else 2,
        colors=["#{:02x}{:02x}{:02x}".format(*color) for color in colors.tolist()],
        panels=[
            {
                "title": HEADINGS[key],
                "values": getattr(scores, key).tolist(),
                "mean": getattr(scores, f"mean_{key}"),
            }
            for key in COLUMNS
        ],
        left=text_width(names) + 40,
        isnan=math.isnan,
    )


def curve(
    title: str, series: Mapping[str, Sequence[float]], best: str | None = None
) -> str:
    """Draw curves over the epochs; the first of them solid and strong.

    Args:
        title: What the numbers are.
        series: Values per epoch, by name. Gaps where a value is not finite.
        best: The name of the curve whose highest point is marked, if any.
    """
    arrays = {name: np.asarray(values, float) for name, values in series.items()}
    finite = np.concatenate([v[np.isfinite(v)] for v in arrays.values()] or [[]])
    if not finite.size:
        finite = np.array([0.0, 1.0])
    ticks = round_ticks(float(finite.min()), float(finite.max()))
    epochs = max((len(values) for values in arrays.values()), default=1)
    plot = {"left": 52, "top": 40, "width": 400, "height": 190}

    def across(epoch: float) -> float:
        return plot["left"] + plot["width"] * (epoch - 1) / max(epochs - 1, 1)

    def down(value: float) -> float:
        share = (value - ticks[0]) / (ticks[-1] - ticks[0])
        return plot["top"] + plot["height"] * (1 - share)

    marked = None
    if best in arrays and np.isfinite(arrays[best]).any():
        index = int(np.nanargmax(arrays[best]))
        value = float(arrays[best][index])
        place = across(index + 1), down(value)
        marked = {"epoch": index + 1, "value": value, "x": place[0], "y": place[1]}
    return TEMPLATES.get_template("curve.svg.j2").render(
        title=title,
        lines=[
            {"name": name, "path": _path(values, across, down)}
            for name, values in arrays.items()
        ],
        marked=marked,
        plot=plot,
        across=[(epoch, across(epoch)) for epoch in _epoch_ticks(epochs)],
        down=[(f"{value:.6g}", down(value)) for value in ticks],
    )


def is_long(names: Sequence[str]) -> bool:
    """Say whether a legend is so long that its figures need the width of a page."""
    return len(names) > 8


def _path(values: np.ndarray, across, down) -> str:
    """Write the SVG path of a curve, lifting the pen over gaps."""
    steps, drawing = [], False
    for index, value in enumerate(values.tolist()):
        if math.isfinite(value):
            letter = "L" if drawing else "M"
            steps.append(f"{letter}{across(index + 1):.1f} {down(value):.1f}")
        drawing = math.isfinite(value)
    return "".join(steps)


def round_ticks(low: float, high: float) -> list[float]:
    """Return four to seven round numbers that span the values."""
    span = (high - low) or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / 4))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if span / (power * f) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * index for index in range(first, max(last, first + 1) + 1)]


def _epoch_ticks(epochs: int) -> list[int]:
    step = max(1, math.ceil(epochs / 8))
    return list(range(1, epochs + 1, step))


def text_width(names: Sequence[str]) -> float:
    """Guess the widest name in pixels, at 13 pixels a line."""
    return 7.8 * max(len(name) for name in names)
