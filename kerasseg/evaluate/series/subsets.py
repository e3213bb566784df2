"""Scores of a model that sees a part of each series only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kerasseg.evaluate.series import season
from kerasseg.report import series_lines
from kerasseg.report.sections import Section
from kerasseg.scores import Scores, confusion_matrix, scores

NUMBERS = (1, 2, 4, 8, 16, 32, 64)
"""How many dates are left of a series, chosen at random."""
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""How many dates go missing, as a share of them."""

Subset = tuple[int, ...]


@dataclass(frozen=True)
class Subsets:
    """The parts of one series that a model is shown, each named by kind and setting.

    Args:
        count: Number of dates.
        months: Month of each date, see `season.months`.
        rng: Chooses dates at random.
    """

    count: int
    months: np.ndarray
    rng: np.random.Generator

    @property
    def whole(self) -> Subset:
        return tuple(range(self.count))

    def all(self) -> dict[tuple[str, float], Subset]:
        """Return every subset; those that would be the whole series may be left out."""
        first, last = int(self.months.min()), int(self.months.max())
        kept = {
            **{("number", n): self._random(n) for n in NUMBERS if n < self.count},
            **{("missing", p): self._thinned(p) for p in SHARES},
        }
        for month in range(first, last + 1):
            kept["until", month] = tuple(np.flatnonzero(self.months <= month).tolist())
            kept["from", month] = tuple(np.flatnonzero(self.months >= month).tolist())
        return kept

    def _random(self, number: int) -> Subset:
        chosen = self.rng.choice(self.count, number, replace=False)
        return tuple(np.sort(chosen).tolist())

    def _thinned(self, share: float) -> Subset:
        """Leave each date out by chance, but not all of them."""
        kept = self.rng.random(self.count) >= share
        kept[self.rng.integers(self.count)] |= not kept.any()
        return tuple(np.flatnonzero(kept).tolist())


@dataclass
class Gathered:
    """Confusion matrices of all series, by the part of them that was shown.

    Args:
        num_classes: Number of classes.
    """

    num_classes: int
    whole: list[np.ndarray] = field(default_factory=list)
    parts: list[dict[tuple[str, float], np.ndarray]] = field(default_factory=list)
    spans: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, subsets: Subsets, label: np.ndarray, answers: Callable) -> None:
        """Score all subsets of a series.

        Args:
            subsets: Which.
            label: The truth `(H, W)`.
            answers: From distinct subsets to pairs of a subset and a map `(H, W)`.
        """
        named = subsets.all()
        wanted = dict.fromkeys([subsets.whole, *named.values()])
        found = {
            subset: confusion_matrix(label, chosen, self.num_classes)
            for subset, chosen in answers(list(wanted))
        }
        self.whole.append(found[subsets.whole])
        self.parts.append({key: found[subset] for key, subset in named.items()})
        months = subsets.months
        self.spans.append((int(months.min()), int(months.max()), subsets.count))

    def sections(self) -> list[Section]:
        """Show what the scores depend on."""
        return [self._numbers(), self._seasons(), self._missing()]

    def _pool(self, kind: str, setting: float) -> Scores:
        """Score a setting over all series; a part left out is the whole series."""
        pairs = zip(self.parts, self.whole, strict=True)
        return scores(sum(parts.get((kind, setting), all_) for parts, all_ in pairs))

    def _numbers(self) -> Section:
        most = max(count for *_, count in self.spans)
        settings = [number for number in NUMBERS if number < most]
        found = [*(self._pool("number", n) for n in settings), scores(sum(self.whole))]
        return _section(
            "dates",
            "Score against number of dates",
            "Dates were chosen at random, others for each patch; a patch with fewer "
            f"shows all it has. All are {_range(c for *_, c in self.spans)}.",
            "dates",
            [*map(str, settings), "all"],
            found,
        )

    def _missing(self) -> Section:
        found = [scores(sum(self.whole)), *(self._pool("missing", p) for p in SHARES)]
        return _section(
            "missing",
            "Score where dates are missing",
            "Each date was left out by chance, as clouds do.",
            "missing dates, %",
            ["0", *(f"{100 * share:.0f}" for share in SHARES)],
            found,
        )

    def _seasons(self) -> Section:
        """A month is shown only where every patch has a date: the pixels are the same.

        What is asked of `until` before a patch's first month would be nothing.
        """
        first, last, _ = zip(*self.spans, strict=True)
        span = range(min(first), max(last) + 1)
        until, since = (
            [self._pool(kind, m) if ok(m) else None for m in span]
            for kind, ok in (
                ("until", lambda month: month >= max(first)),
                ("from", lambda month: month <= min(last)),
            )
        )
        names = [season.name(month) for month in span]
        lines = {
            "until the month": [each.mean_iou if each else np.nan for each in until],
            "from the month on": [each.mean_iou if each else np.nan for each in since],
        }
        rows = [
            (f"{name} of year {month // 12 + 1}", *_cells(up_to), *_cells(on))
            for month, name, up_to, on in zip(span, names, until, since, strict=True)
        ]
        heads = ("until: mean IoU", "until: accuracy", "from: mean IoU")
        return Section(
            "season",
            "Score against season cut",
            "What is known if the season is seen up to the end of a month, or from the "
            "beginning of a month on.",
            series_lines.points("Mean IoU, %", "month", names, lines),
            ("month", *heads, "from: accuracy"),
            tuple(rows),
        )


def _section(
    name: str,
    title: str,
    hint: str,
    axis: str,
    labels: Sequence[str],
    found: Sequence[Scores],
) -> Section:
    lines = {
        "mean IoU": [each.mean_iou for each in found],
        "accuracy": [each.accuracy for each in found],
    }
    rows = [(label, *_cells(s)) for label, s in zip(labels, found, strict=True)]
    return Section(
        name,
        title,
        hint,
        series_lines.points("In percent", axis, labels, lines),
        (axis, "mean IoU", "accuracy"),
        tuple(rows),
    )


def _cells(found: Scores | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    return f"{100 * found.mean_iou:.2f}", f"{100 * found.accuracy:.2f}"


def _range(counts) -> str:
    counts = sorted(counts)
    return str(counts[0]) if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"
