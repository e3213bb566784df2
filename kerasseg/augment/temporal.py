"""Which dates a series has, and when they were."""

from typing import Annotated

import numpy as np
from annotated_types import Ge, Interval

from kerasseg.sample import Sample

_YEAR = 365


def temporal_dropout(
    sample: Sample,
    rng: np.random.Generator,
    *,
    probability: Annotated[float, Interval(ge=0, le=1)] = 0.2,
    keep: Annotated[int, Ge(1)] = 1,
) -> Sample:
    """Leave dates out at random, as clouds do.

    Lengths then differ from draw to draw: a large `pipeline.length_step` keeps the
    number of compiled programs small.

    Args:
        sample: A series.
        rng: Where the draws come from.
        probability: Of each date to be left out.
        keep: Dates that stay at least; a shorter series stays whole.

    Raises:
        ValueError: If the sample is no series.

    Source:
        The `temporal_dropout` of Crop2Seg.
    """
    drawn = rng.random(_length(sample, "temporal_dropout"))
    kept = drawn > probability
    if kept.sum() < keep:
        kept[np.argsort(drawn)[-keep:]] = True
    return _chosen(sample, np.flatnonzero(kept))


def max_dates(
    sample: Sample, rng: np.random.Generator, *, number: Annotated[int, Ge(1)] = 32
) -> Sample:
    """Keep a number of dates drawn at random, in their order.

    It bounds the memory of a step, and a longer series shows other dates each epoch.

    Args:
        sample: A series.
        rng: Where the draws come from.
        number: How many dates stay; a shorter series stays whole.

    Raises:
        ValueError: If the sample is no series.
    """
    length = _length(sample, "max_dates")
    if length <= number:
        return sample
    return _chosen(sample, np.sort(rng.choice(length, number, replace=False)))


def date_jitter(
    sample: Sample,
    rng: np.random.Generator,
    *,
    days: Annotated[int, Ge(0)] = 3,
    together: bool = False,
) -> Sample:
    """Shift dates by a few days, so that a season may be early or late.

    Dates stay in order, apart from each other, and not before day 0, so none moves
    further than asked. The day of the year moves along; it counts 365 days round.

    Args:
        sample: A series.
        rng: Where the draws come from.
        days: Largest shift, to either side.
        together: Whether all dates are shifted alike.

    Raises:
        ValueError: If the sample is no series.
    """
    length, before = _length(sample, "date_jitter"), sample["days"]
    shift = rng.integers(-days, days + 1, 1 if together else length)
    if together:
        after = before + np.maximum(shift, -before[0])
    else:
        # A date pushed by the one before it is pushed no further than that one was.
        step = np.arange(length)
        after = np.maximum.accumulate(np.maximum(before + shift, 0) - step) + step
    moved = {"days": after.astype(before.dtype)}
    if "day_of_year" in sample:
        year = sample["day_of_year"]
        turned = (year - 1 + after - before) % _YEAR + 1
        moved["day_of_year"] = np.where(after == before, year, turned).astype(
            year.dtype
        )
    return {**sample, **moved}


def _length(sample: Sample, name: str) -> int:
    if sample["image"].ndim != 4 or "days" not in sample:
        raise ValueError(
            f"{name}: the sample is one date, not a series. Leave {name} out."
        )
    return len(sample["days"])


def _chosen(sample: Sample, dates: np.ndarray) -> Sample:
    """Return the sample with some of its dates."""
    of_dates = {"image", "days", "day_of_year"} & sample.keys()
    return {**sample, **{key: sample[key][dates] for key in of_dates}}
