"""All that the albumentations library offers, under our seeds and our labels."""

import inspect
import json
import os
import threading
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np

from kerasseg.legend import IGNORE
from kerasseg.sample import Sample

# Transforms keep a random state of their own, so each thread has its own.
_OWN = threading.local()


def albumentations(
    sample: Sample,
    rng: np.random.Generator,
    *,
    transforms: Sequence[dict[str, Any]],
) -> Sample:
    """Apply transforms of the albumentations library, such as `GridDistortion`.

    Args:
        sample: Image and label of one date.
        rng: Where the draws come from.
        transforms: From first to last, each a mapping of `name`, a class of
            albumentations, and its arguments. Labels take the nearest pixel, and
            `legend.IGNORE` beyond the border unless `fill_mask` says otherwise.

    Raises:
        ValueError: If there is no such transform, it does not take an argument, or
            the sample is a series.
    """
    if sample["image"].ndim != 3:
        raise ValueError(
            "albumentations: its transforms take one date, and this sample is a "
            f"series of {len(sample['image'])}. Use kerasseg's own for series."
        )
    composed = _composed(json.dumps(list(transforms), sort_keys=True))
    composed.set_random_seed(int(rng.integers(2**31)))
    changed = composed(image=sample["image"], mask=sample["label"])
    return {**sample, "image": changed["image"], "label": changed["mask"]}


def _composed(described: str):
    kept = _OWN.__dict__.setdefault("composed", {})
    if described not in kept:
        library = _library()
        chosen = [_transform(library, item) for item in json.loads(described)]
        kept[described] = library.Compose(chosen)
    return kept[described]


@cache
def _library():
    # Looking for a newer release is not a pipeline's business.
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import albumentations as library

    return library


def _transform(library, item: dict[str, Any]):
    name = item.get("name", "")
    found = getattr(library, name, None)
    known = [
        entry
        for entry, value in vars(library).items()
        if inspect.isclass(value) and issubclass(value, library.BasicTransform)
    ]
    if name not in known:
        close = get_close_matches(name, known, n=1)
        advice = f"Did you mean {close[0]!r}?" if close else "See its documentation."
        raise ValueError(f"albumentations: no transform {name!r}. {advice}")
    arguments = {key: value for key, value in item.items() if key != "name"}
    taken = inspect.signature(found).parameters
    for argument in arguments:
        if argument not in taken:
            close = get_close_matches(argument, taken, n=1)
            advice = f"Did you mean {close[0]!r}?" if close else f"It takes {[*taken]}."
            raise ValueError(f"albumentations: {name} has no {argument!r}. {advice}")
    if "fill_mask" in taken:
        arguments = {"fill_mask": IGNORE, **arguments}
    return found(**arguments)
