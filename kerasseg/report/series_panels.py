"""Figures of classes: their attention over time, their pixels, their confidence."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kerasseg.report.figures import TEMPLATES, text_width
from kerasseg.report.series_lines import Ticks


def heat(
    title: str,
    values: np.ndarray,
    *,
    names: Sequence[str],
    labels: Sequence[str],
    across: Ticks,
    unit: str,
) -> str:
    """Draw a number of each class in each stretch of time, the darker the larger.

    Args:
        title: What the numbers are.
        values: `(C, N)`, none negative; gaps where undefined.
        names: One name per class; classes without any value are left out.
        labels: One per stretch of time.
        across: Labels of the axis, and the stretch at whose left edge each stands.
        unit: What the numbers are in.
    """
    left, side, top = text_width(names) + 20, 22, 22
    step = min(26.0, 760 / len(labels))
    highest = float(np.nanmax(values, initial=0)) or 1.0
    rows = [
        {
            "name": names[index],
            "cells": [
                {
                    "x": left + step * place,
                    "width": step,
                    "share": value / highest,
                    "title": f"{names[index]}, {labels[place]}: {value:.2f} {unit}",
                }
                for place, value in enumerate(row.tolist())
                if math.isfinite(value)
            ],
        }
        for index, row in enumerate(values)
        if np.isfinite(row).any()
    ]
    return TEMPLATES.get_template("heat.svg.j2").render(
        title=title,
        rows=rows,
        left=left,
        top=top,
        side=side,
        width=round(left + step * len(labels) + 40),
        height=top + side * len(rows) + 24,
        across=[(label, left + step * place) for label, place in across],
        highest=f"{highest:.2g}",
        unit=unit,
    )


def distribution(
    counts: Mapping[str, np.ndarray], names: Sequence[str], colors: np.ndarray
) -> str:
    """Draw how many pixels each class has in each split, on a logarithmic axis.

    Args:
        counts: Labelled pixels per class `(C,)`, by split; three splits at most.
        names: One name per class.
        colors: The legend's colours, uint8 `(C, 3)`.
    """
    most = max(int(max(each.max(initial=1) for each in counts.values())), 10)
    powers = math.ceil(math.log10(most))
    left, wide, thick = text_width(names) + 40, 560, 8

    def across(count: float) -> float:
        # A single pixel still has a length: the axis begins below it.
        return wide * (math.log10(count) + 0.25) / (powers + 0.25) if count else 0.0

    return TEMPLATES.get_template("distribution.svg.j2").render(
        splits=list(counts),
        left=left,
        top=30,
        wide=wide,
        thick=thick,
        row=thick * len(counts) + 10,
        across=[("10", p, left + across(10**p)) for p in range(powers + 1)],
        rows=[
            {
                "name": name,
                "color": "#{:02x}{:02x}{:02x}".format(*colors[index].tolist()),
                "bars": [
                    (
                        across(int(each[index])),
                        f"{name}, {split}: {int(each[index]):,} pixels",
                    )
                    for split, each in counts.items()
                ],
            }
            for index, name in enumerate(names)
        ],
    )


def reliability(
    confidence: np.ndarray, accuracy: np.ndarray, pixels: np.ndarray, error: float
) -> str:
    """Draw how often pixels are right that a model is so and so sure of.

    Args:
        confidence: Mean confidence in each of N equal bins from 0 to 1; `NaN` where
            there are no pixels.
        accuracy: Share of right pixels of each bin.
        pixels: Number of pixels of each bin.
        error: Expected calibration error.
    """
    left, top, side = 46, 10, 340
    total, number = max(int(pixels.sum()), 1), len(pixels)
    bins = [
        {
            "x": left + side * index / number,
            "width": side / number,
            "right": float(accuracy[index]),
            "claimed": float(confidence[index]),
            "share": float(pixels[index] / total),
            "title": (
                f"{100 * index / number:.0f} to {100 * (index + 1) / number:.0f} % "
                f"sure: {100 * accuracy[index]:.1f} % right, "
                f"{100 * pixels[index] / total:.1f} % of the pixels"
            ),
        }
        for index in range(number)
        if pixels[index]
    ]
    return TEMPLATES.get_template("reliability.svg.j2").render(
        left=left,
        top=top,
        side=side,
        bins=bins,
        error="" if math.isnan(error) else f"error {100 * error:.1f} %",
    )
