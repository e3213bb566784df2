"""Which class a pixel of the image takes from the label pixels in it.

Classes are counted, never averaged. Each label pixel has one vote, in the image pixel
that its centre lies in; unlabelled ones have none. Where no centre lies in a pixel, as
labels are coarser, it takes the label that its own centre lies in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import cv2
import numpy as np

Method = Literal["nearest", "majority", "centred", "rarity"]


class Place(Protocol):
    """The label pixels of a window of the image; see `grids` and `warps`."""

    totals: np.ndarray

    def nearest(self, labels: np.ndarray, nothing: int) -> np.ndarray: ...

    def count(self, chosen: np.ndarray) -> np.ndarray: ...

    def weigh(self, chosen: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Rule:
    """How a pixel takes its class.

    Args:
        method: `"nearest"`: the label at the pixel's centre. `"majority"`: the class
            of most label pixels. `"centred"`: the same, and those near the centre
            count more (`grids.weight`). `"rarity"`: the same, and classes count by
            `weights`. Of classes with equal votes the one of the lowest value wins.
        nothing: The value of unlabelled pixels.
        covered: A pixel stays unlabelled where a smaller share of the label pixels in
            it is labelled.
        weights: What a vote for a value counts; 1 by default.
    """

    method: Method = "nearest"
    nothing: int = 255
    covered: float = 0.5
    weights: Mapping[int, float] = field(default_factory=dict)


def choose(labels: np.ndarray, place: Place, rule: Rule) -> tuple[np.ndarray, ...]:
    """Return the value of each pixel, and the share of its label pixels that has it.

    Args:
        labels: Label pixels `(H', W')`, in the directions of the image.
        place: Where they lie.
        rule: How to choose.

    Returns:
        Values `(H, W)` in the type of the labels, and percent, uint8 `(H, W)`: 255
        where unlabelled.
    """
    present = values(labels)
    nearest = place.nearest(labels, rule.nothing)
    totals = place.totals
    if present == [rule.nothing] or (len(present) == 1 and (totals > 0).all()):
        chosen = np.full_like(nearest, present[0])
        return chosen, _percent(chosen, totals, totals, rule)
    votes = _nearest if rule.method == "nearest" else _elected
    chosen, won = votes(labels, place, rule, nearest, present)
    # Coarser labels leave pixels without any label pixel: the one they lie in is all.
    alone = totals == 0
    chosen = np.where(alone, nearest, chosen)
    return chosen, _percent(chosen, np.where(alone, 1, won), totals, rule)


def values(labels: np.ndarray) -> list[int]:
    """List the values present, sorted."""
    if labels.dtype == np.uint8:
        # An order of magnitude faster than NumPy's counting.
        counted = cv2.calcHist([labels], [0], None, [256], [0, 256])
        return np.flatnonzero(counted).tolist()
    return np.unique(labels).tolist()


def _nearest(labels, place, rule, nearest, present) -> tuple[np.ndarray, np.ndarray]:
    won = np.zeros(nearest.shape, np.int64)
    for value in present:
        here = nearest == value
        if here.any():
            won[here] = place.count(labels == value)[here]
    return nearest, won


def _elected(labels, place, rule, nearest, present) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.full_like(nearest, rule.nothing)
    best, won, known = (np.zeros(nearest.shape, np.int64) for _ in range(3))
    if rule.method == "rarity":
        best = best.astype(np.float64)
    for value in present:
        if value == rule.nothing:
            continue
        counted = place.count(labels == value)
        votes = counted
        if rule.method == "centred":
            votes = place.weigh(labels == value)
        elif rule.method == "rarity":
            votes = counted * rule.weights.get(value, 1.0)
        better = votes > best
        np.copyto(best, votes, where=better)
        np.copyto(won, counted, where=better)
        chosen[better] = value
        known += counted
    chosen[known < rule.covered * place.totals] = rule.nothing
    return chosen, won


def _percent(
    chosen: np.ndarray, won: np.ndarray, totals: np.ndarray, rule: Rule
) -> np.ndarray:
    share = np.rint(100 * won / np.maximum(totals, 1)).astype(np.uint8)
    share[totals == 0] = 100
    share[chosen == rule.nothing] = 255
    return share
