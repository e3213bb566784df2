"""Which windows of a scene become patches: rules that can be put together.

A rule looks at the facts of a window and says in two words why it is left out, or
nothing. All rules must agree for a patch to be kept; the first that does not is noted
with the window in `tiles.csv`. Your own rule is a function of the same kind that can be
pickled, such as a frozen dataclass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kerasseg.legend import IGNORE, Legend


@dataclass(frozen=True)
class Facts:
    """What is known of a window.

    Args:
        counts: Pixels per class, `IGNORE` among them, int64 `(256,)`.
        observed: Share of pixels with an image; None until the image is read. Pixels
            without one are unlabelled.
        cloud: Share of pixels that are cloud or its shadow; None without a mask. Of a
            series, over all dates.
        snow: The same of snow.
    """

    counts: np.ndarray
    observed: float | None = None
    cloud: float | None = None
    snow: float | None = None


Rule = Callable[[Facts], str | None]


@dataclass(frozen=True)
class Labelled:
    """Leave out what holds little but background.

    Args:
        keep: A window stays if more than this share of it is labelled and not
            background.
        background: Index of the class that alone is no reason to stay, or None.
    """

    keep: float = 0.05
    background: int | None = 0

    def __call__(self, facts: Facts) -> str | None:
        # By the index of the background, present or not: taking the lowest label
        # *present* for it would leave out windows of one pure class.
        useful = facts.counts.sum() - facts.counts[IGNORE]
        if self.background is not None:
            useful -= facts.counts[self.background]
        return None if useful > self.keep * facts.counts.sum() else "little label"


@dataclass(frozen=True)
class NotOnly:
    """Leave out what holds no other classes than these, such as water.

    Args:
        classes: Their indices.
        name: What the reason calls them.
    """

    classes: tuple[int, ...]
    name: str = "these"

    def __call__(self, facts: Facts) -> str | None:
        labelled = facts.counts.sum() - facts.counts[IGNORE]
        these = facts.counts[list(self.classes)].sum()
        return f"only {self.name}" if labelled == these > 0 else None


@dataclass(frozen=True)
class Observed:
    """Leave out what has no image, or too little.

    Args:
        least: Share of pixels that must have one.
    """

    least: float = 0.0

    def __call__(self, facts: Facts) -> str | None:
        if facts.observed is None:
            return None
        return "nodata" if facts.observed < self.least or not facts.observed else None


@dataclass(frozen=True)
class Clear:
    """Leave out what is covered too much by clouds and their shadows, or by snow.

    Args:
        cloud: Greatest share of clouds. At 1, cloudy patches are kept.
        snow: Greatest share of snow.
    """

    cloud: float = 1.0
    snow: float = 1.0

    def __call__(self, facts: Facts) -> str | None:
        if facts.cloud is not None and facts.cloud > self.cloud:
            return "cloud"
        return "snow" if facts.snow is not None and facts.snow > self.snow else None


def verdict(rules: tuple[Rule, ...], facts: Facts) -> str | None:
    """Return the reason of the first rule that leaves a window out, or None."""
    return next((reason for rule in rules if (reason := rule(facts))), None)


def only(names: tuple[str, ...], legend: Legend) -> NotOnly:
    """Return the rule that leaves out windows of no other classes than those named.

    Raises:
        ValueError: If a name is not in the legend.
    """
    unknown = [name for name in names if name not in legend.names]
    if unknown:
        raise ValueError(
            f"no class {unknown[0]!r} in the legend, which has "
            f"{', '.join(legend.names)}. Correct the name."
        )
    chosen = tuple(legend.names.index(name) for name in names)
    return NotOnly(chosen, " and ".join(names))
