"""How rare each class is among labels, and what its votes count for that."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from kerasseg import raster
from kerasseg.legend import LegendError
from kerasseg.prepare.align.job import Job

SIDE, MOST = 1024, 1024
"""Label pixels along the side of a window, and how many windows are looked at."""


def weighed(job: Job, weights: Mapping[str | int, float] | None) -> Job:
    """Return a job whose rule knows what a vote for each value counts.

    Args:
        job: The job.
        weights: By name of a class or value, positive; by default counted.

    Raises:
        LegendError: If a weight is for no class, or not positive.
    """
    found = counted(job) if weights is None else _given(job, weights)
    return replace(job, rule=replace(job.rule, weights=found))


def counted(job: Job) -> dict[int, float]:
    """Weigh each value by one over the root of its share of the labels.

    The root, so that a class a hundred times as rare wins with a tenth of the pixels,
    not with one. Labels of up to a thousand windows are counted whole, of larger ones
    as many windows, spread evenly.
    """
    counts: Counter[int] = Counter()
    source = job.open()
    try:
        info = source.info
        windows = raster.windows(info.height, info.width, SIDE, edge="pad")
        for window in windows[:: -(-len(windows) // MOST)]:
            labels = source.read(window.within(info.height, info.width))
            present, times = np.unique(labels, return_counts=True)
            counts.update(dict(zip(present.tolist(), times.tolist(), strict=True)))
    finally:
        source.close()
    counts.pop(job.out.nothing, None)
    total = counts.total()
    return {value: (total / number) ** 0.5 for value, number in sorted(counts.items())}


def _given(job: Job, weights: Mapping[str | int, float]) -> dict[int, float]:
    names = (
        dict(zip(job.legend.names, job.out.codes, strict=True)) if job.legend else {}
    )
    found = {}
    for key, value in weights.items():
        code = names.get(str(key), int(key) if str(key).isdigit() else None)
        if code is None or (job.legend and code not in job.out.codes) or value <= 0:
            known = f"one of {', '.join(names)}" if names else "a value of the labels"
            raise LegendError(
                f"weight {value} of {key!r}. Give a positive number to {known}."
            )
        found[code] = float(value)
    return found
