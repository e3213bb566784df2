"""What the validation of a map found, and its files."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import files
from kerasseg.legend import Legend
from kerasseg.report import html, tables
from kerasseg.scores import Scores, plain, scores
from kerasseg.validate import panels
from kerasseg.validate.estimates import NAMES, Estimates


@dataclass(frozen=True)
class Validation:
    """What was found.

    Args:
        legend: The classes.
        matrix: Counts of pixels or points `(C, C)`, rows the truth.
        mapped: Pixels of the whole map by class `(C,)`.
        estimates: Accuracies and areas, weighted by mapped area.
        basis: What the intervals come from, a sentence.
        hectares: Area of a pixel, or None where pixels are no equal areas.
        details: What was validated, by heading.
        overview: Labels and map, thinned out, class indices; or None.
    """

    legend: Legend
    matrix: np.ndarray
    mapped: np.ndarray
    estimates: Estimates
    basis: str
    hectares: float | None
    details: Mapping[str, str]
    overview: tuple[np.ndarray, np.ndarray] | None = None

    @cached_property
    def scores(self) -> Scores:
        return scores(self.matrix)

    @property
    def weights(self) -> np.ndarray:
        """Share of the map that is mapped as each class, `(C,)`."""
        return self.mapped / max(int(self.mapped.sum()), 1)

    def table(self) -> str:
        """Lay accuracies and areas out for a terminal, in percent."""
        width = max(5, *map(len, self.legend.names)) + 1
        head = ("user's", "producer's", "mapped", "area")
        lines = ["class".ljust(width) + "".join(h.rjust(22) for h in head)]
        lines.append("-" * len(lines[0]))
        for index, name in enumerate(self.legend.names):
            cells = [self.worded("users", index), self.worded("producers", index)]
            cells += [
                f"{100 * self.weights[index]:.1f} %",
                self.worded("shares", index),
            ]
            lines.append(name.ljust(width) + "".join(cell.rjust(22) for cell in cells))
        lines += ["", f"overall accuracy {self.worded('overall')}"]
        lines.append(
            f"of what was looked at: accuracy {100 * self.scores.accuracy:.1f} %, mean "
            f"IoU {100 * self.scores.mean_iou:.1f} %, kappa {self.scores.kappa:.3f}"
        )
        return "\n".join([*lines, self.basis])

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings for JSON; what is undefined is `None`."""
        names = self.legend.names
        classes = {
            name: {
                "mapped_pixels": int(self.mapped[index]),
                "mapped_share": float(self.weights[index]),
                **{
                    key: self._plain(key, index)
                    for key in ("users", "producers", "shares")
                },
                "hectares": self._area(index),
            }
            for index, name in enumerate(names)
        }
        return {
            "overall": self._plain("overall"),
            "classes": classes,
            "basis": self.basis,
            "details": dict(self.details),
            "confusion": self.matrix.tolist(),
            "counted": self.scores.to_dict(names),
        }

    def csv(self) -> str:
        """Return one row per class; undefined cells are empty."""
        ends = ("", "_low", "_high")
        keys = NAMES[1:]
        rows = [["class", *(f"{key}{end}" for key in keys for end in ends)]]
        rows[0] += ["mapped_pixels", *(f"hectares{end}" for end in ends)]
        for index, name in enumerate(self.legend.names):
            told = [value for key in keys for value in self._plain(key, index).values()]
            area = self._area(index) or dict.fromkeys(("value", "low", "high"))
            cells = [*told, int(self.mapped[index]), *area.values()]
            rows.append([name, *map(_cell, cells)])
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()

    def _plain(self, key: str, index: int | tuple = ()) -> dict[str, float | None]:
        each = getattr(self.estimates, key)
        return {
            end: plain(float(getattr(each, end)[index]))
            for end in ("value", "low", "high")
        }

    def _area(self, index: int) -> dict[str, float | None] | None:
        if self.hectares is None:
            return None
        total = self.hectares * int(self.mapped.sum())
        told = self._plain("shares", index)
        return {
            end: value if value is None else value * total
            for end, value in told.items()
        }

    def worded(self, key: str, index: int | tuple = ()) -> str:
        """Write an estimate and its interval, in percent.

        Args:
            key: `"overall"`, `"users"`, `"producers"` or `"shares"`.
            index: The class; none of overall accuracy.
        """
        value, low, high = (
            math.nan if number is None else 100 * number
            for number in self._plain(key, index).values()
        )
        if math.isnan(value):
            return "-"
        if math.isnan(low):
            return f"{value:.1f} %"
        return f"{value:.1f} ({low:.1f}–{high:.1f}) %"


def write(validation: Validation, folder: str | Path, *, title: str) -> Path:
    """Write accuracies, tables and the report; each file appears whole or not at all.

    Args:
        validation: What was found.
        folder: Where `validation.json`, `classes.csv`, `confusion.csv` and
            `report.html` go. It is made if it is not there.
        title: Headline of the report.

    Returns:
        The report.

    Raises:
        OSError: If the folder cannot be written.
    """
    folder = Path(folder)
    report = html.render(
        validation.matrix,
        validation.legend,
        title=title,
        details=validation.details,
        more=panels.sections(validation),
    )
    content = json.dumps(validation.to_dict(), indent=2, ensure_ascii=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "validation.json": content,
        "classes.csv": validation.csv(),
        "confusion.csv": tables.matrix_csv(validation.matrix, validation.legend.names),
        "report.html": report,
    }.items():
        files.write_whole(folder / name, text)
    return folder / "report.html"


def _cell(value: float | int | None) -> str | int:
    if value is None:
        return ""
    return value if isinstance(value, int) else f"{value:.6f}"
