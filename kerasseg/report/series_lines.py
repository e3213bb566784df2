"""Figures of scores and pixels over time, as SVG text."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kerasseg.report.figures import TEMPLATES, round_ticks

Ticks = Sequence[tuple[str, float]]
"""Labels of an axis, each with its position."""


def points(
    title: str,
    axis: str,
    labels: Sequence[str],
    lines: Mapping[str, Sequence[float]],
) -> str:
    """Draw scores in percent over a few settings, one line per score.

    Args:
        title: What the scores are.
        axis: What the settings are.
        labels: One per setting.
        lines: Scores from 0 to 1 at each setting, by name. Gaps where undefined.
    """
    arrays = {name: 100 * np.asarray(values, float) for name, values in lines.items()}
    finite = np.concatenate([v[np.isfinite(v)] for v in arrays.values()] or [[]])
    ticks = round_ticks(0.0, max(float(finite.max(initial=0)), 1.0))
    plot = {"left": 46, "top": 50, "width": 480, "height": 190}

    def across(place: float) -> float:
        return plot["left"] + plot["width"] * (place + 0.5) / len(labels)

    def down(value: float) -> float:
        return plot["top"] + plot["height"] * (1 - value / ticks[-1])

    return TEMPLATES.get_template("points.svg.j2").render(
        title=title,
        axis=axis,
        plot=plot,
        down=[(f"{tick:g}", down(tick)) for tick in ticks],
        across=[(label, across(place)) for place, label in enumerate(labels)],
        lines=[
            {
                "name": name,
                "left": plot["left"] + 140 * index,
                "path": _path([(across(p), down(v)) for p, v in enumerate(values)]),
                "dots": [
                    (
                        across(place),
                        down(value),
                        f"{name}, {label}: {value:.1f} %",
                        f"{value:.1f}",
                    )
                    for place, (label, value) in enumerate(
                        zip(labels, values.tolist(), strict=True)
                    )
                    if math.isfinite(value)
                ],
            }
            for index, (name, values) in enumerate(arrays.items())
        ],
    )


def profiles(
    title: str,
    places: Sequence[float],
    mean: np.ndarray,
    spread: np.ndarray,
    *,
    names: Sequence[str],
    notes: Sequence[str],
    colors: np.ndarray,
    across: Ticks,
) -> str:
    """Draw how a number of each class goes through the season, a panel per class.

    Args:
        title: What the number is.
        places: Position in time of each value, `(N,)`.
        mean: `(C, N)`; gaps where undefined.
        spread: Half the height of the band around the mean, `(C, N)`.
        names: One name per class.
        notes: A remark per class, such as how many pixels there were.
        colors: The legend's colours, uint8 `(C, 3)`.
        across: Labels of the axis of time.

    Returns:
        SVG, with a panel for each class that has values.
    """
    shown = [index for index in range(len(names)) if np.isfinite(mean[index]).any()]
    low, high = _limits(mean[shown] - spread[shown], mean[shown] + spread[shown])
    ticks = round_ticks(low, high)
    plot = {"left": 32, "top": 20, "width": 296, "height": 104}
    span = max(places[-1] - places[0], 1e-9)
    per_row = 3 if len(shown) > 2 else max(len(shown), 1)

    def right(place: float) -> float:
        return plot["left"] + plot["width"] * (place - places[0]) / span

    def down(value: float) -> float:
        share = (value - ticks[0]) / (ticks[-1] - ticks[0])
        return plot["top"] + plot["height"] * (1 - share)

    def corners(values: np.ndarray) -> list[tuple[float, float]]:
        steps = zip(places, values.tolist(), strict=True)
        return [(right(place), down(value)) for place, value in steps]

    panels = [
        {
            "left": 4 + 352 * (order % per_row),
            "top": 4 + 160 * (order // per_row),
            "name": names[index],
            "note": notes[index],
            "color": "#{:02x}{:02x}{:02x}".format(*colors[index].tolist()),
            "path": _path(corners(mean[index])),
            "bands": _bands(
                corners(mean[index] - spread[index]),
                corners(mean[index] + spread[index]),
            ),
        }
        for order, index in enumerate(shown)
    ]
    return TEMPLATES.get_template("profiles.svg.j2").render(
        title=title,
        panels=panels,
        plot=plot,
        width=352 * per_row,
        height=160 * -(-len(shown) // per_row) + 8,
        down=[(f"{tick:g}", down(tick)) for tick in ticks],
        across=[
            (label, right(p))
            for label, p in across
            if places[0] <= p <= places[-1] - 0.06 * span
        ],
    )


def _limits(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    values = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def _path(corners: Sequence[tuple[float, float]]) -> str:
    """Write the SVG path of a line, lifting the pen over gaps."""
    steps, drawing = [], False
    for x, y in corners:
        if math.isfinite(y):
            steps.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}")
        drawing = math.isfinite(y)
    return "".join(steps)


def _bands(low: Sequence, high: Sequence) -> list[str]:
    """Write the outline of each stretch between two lines that has no gap."""
    bands, run = [], []
    for ends in [*zip(low, high, strict=True), None]:
        if ends and all(math.isfinite(y) for _, y in ends):
            run.append(ends)
        elif run:
            bottom, top = zip(*run, strict=True)
            outline = [*top, *reversed(bottom)]
            bands.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in outline) + "Z")
            run = []
    return bands
