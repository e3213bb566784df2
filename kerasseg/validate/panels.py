"""Sections of the report of a validation: intervals of each class, and an overview."""

import base64
import math
from typing import TYPE_CHECKING

import numpy as np

from kerasseg.legend import IGNORE
from kerasseg.report import pictures
from kerasseg.report.figures import TEMPLATES, text_width
from kerasseg.report.sections import Section

if TYPE_CHECKING:
    from kerasseg.validate.validation import Validation

_PANELS = {
    "users": "User's accuracy",
    "producers": "Producer's accuracy",
    "shares": "Share of the area",
}


def sections(validation: "Validation") -> list[Section]:
    """Return what the report of a validation shows beyond that of an evaluation."""
    shown = [_intervals(validation)]
    if validation.overview is not None:
        shown.append(_overview(validation))
    return shown


def _intervals(validation: "Validation") -> Section:
    names = validation.legend.names
    figure = TEMPLATES.get_template("intervals.svg.j2").render(
        names=names,
        colors=_colors(validation),
        panels=_panels(validation),
        left=text_width(names) + 40,
        isnan=math.isnan,
    )
    return Section(
        name="area_weighted",
        title="Accuracy and area, weighted by what the map holds",
        hint=f"Overall accuracy {validation.worded('overall')}. Dots are estimates, "
        f"lines their 95 % intervals, rings what is mapped. {validation.basis}",
        figure=figure,
        columns=("class", "user's", "producer's", "mapped", "area"),
        rows=tuple(
            (
                name,
                _cell(validation.estimates.users, index),
                _cell(validation.estimates.producers, index),
                f"{100 * validation.weights[index]:.2f} %",
                _cell(validation.estimates.shares, index),
            )
            for index, name in enumerate(names)
        ),
    )


def _panels(validation: "Validation") -> list[dict]:
    shares = validation.estimates.shares
    reach = np.concatenate([shares.value, shares.high, validation.weights])
    highest = float(np.nanmax(reach, initial=0.0))
    ends = {"users": 1.0, "producers": 1.0, "shares": _round_up(highest)}
    panels = []
    for key, title in _PANELS.items():
        each = getattr(validation.estimates, key)
        triples = zip(each.value, each.low, each.high, validation.weights, strict=True)
        panels.append(
            {
                "title": title,
                "end": ends[key],
                "mapped": key == "shares",
                "rows": [list(map(float, triple)) for triple in triples],
            }
        )
    return panels


def _overview(validation: "Validation") -> Section:
    truth, prediction = validation.overview
    grey = np.full((*truth.shape, 3), 128, np.uint8)
    known = (prediction != IGNORE)[..., None]
    shown = {
        "labels": validation.legend.to_colors(truth),
        "map": validation.legend.to_colors(prediction),
        "errors": np.where(
            known, pictures.errors(grey, truth, prediction), pictures.UNKNOWN
        ).astype(np.uint8),
    }
    figure = TEMPLATES.get_template("overview.html.j2").render(
        classes=list(zip(validation.legend.names, _colors(validation), strict=True)),
        pictures={
            name: base64.b64encode(pictures.png(each)).decode()
            for name, each in shown.items()
        },
    )
    wrong = (truth != prediction) & (truth != IGNORE) & known[..., 0]
    return Section(
        name="overview",
        title="The whole map",
        hint="Every so many pixels. Errors are red; what is not labelled is dark.",
        figure=figure,
        columns=("of the pixels shown", "number"),
        rows=(
            ("labelled", int(np.count_nonzero(truth != IGNORE))),
            ("wrong", int(np.count_nonzero(wrong))),
        ),
    )


def _colors(validation: "Validation") -> list[str]:
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in validation.legend.colors]


def _cell(estimate, index: int) -> str:
    value, low, high = (
        float(getattr(estimate, end)[index]) for end in ("value", "low", "high")
    )
    if math.isnan(value):
        return ""
    interval = "" if math.isnan(low) else f" ({100 * low:.2f}–{100 * high:.2f})"
    return f"{100 * value:.2f}{interval} %"


def _round_up(share: float) -> float:
    """Return the end of an axis of shares: 10, 25, 50 or 100 percent."""
    return next((end for end in (0.1, 0.25, 0.5) if share <= end), 1.0)
