"""Augmentation for samples of rare classes only."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval

from kerasseg import lookup
from kerasseg.sample import Sample, Transform


def rare(
    sample: Sample,
    rng: np.random.Generator,
    *,
    classes: Sequence[int],
    transforms: Sequence[dict[str, Any]],
    share: Annotated[float, Interval(ge=0, le=1)] = 0.05,
) -> Sample:
    """Augment a sample if a rare class covers more than a share of it.

    Others pass as they are. What the Catalonia project wrote to disk, copies of such
    tiles turned and mirrored, is made anew in every epoch here; `training.oversample`
    draws them more often.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        classes: Indices of the rare classes.
        transforms: From first to last, each a mapping of `name`, an augment of
            kerasseg or a dotted path, and its options.
        share: Of all pixels; one of the classes must cover more.

    Raises:
        ValueError: If an augment is not known, or does not take an option.
    """
    counted = np.bincount(sample["label"].ravel(), minlength=256)[list(classes)]
    if counted.max(initial=0) <= share * sample["label"].size:
        return sample
    for transform in _bound(json.dumps(list(transforms), sort_keys=True)):
        sample = transform(sample, rng)
    return sample


@cache
def _bound(described: str) -> tuple[Transform, ...]:
    bound = []
    for item in json.loads(described):
        name = str(item.pop("name", ""))
        options, faults = lookup.check("augment", name, item, {})
        if faults:
            where = ".".join(map(str, (name, *faults[0].key)))
            raise ValueError(f"rare: {where}: {faults[0].message}")
        bound.append(lookup.bind(lookup.find("augment", name), options))
    return tuple(bound)
