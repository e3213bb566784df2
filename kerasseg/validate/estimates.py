"""Accuracy and area from a confusion matrix, weighted by what the map holds.

Counts alone mislead where classes were looked at more or less often than they are
mapped. Good practice gives each mapped class the weight of its share of the map: the
map is the stratification, `p_ij = W_i n_ij / n_i`, and accuracies and areas are read
from these shares. Rows are the truth here, as in all of kerasseg, columns the map; the
source has them the other way round.

Source:
    Olofsson, Foody, Herold, Stehman, Woodcock and Wulder, Good practices for estimating
    area and assessing accuracy of land change, Remote Sensing of Environment 148, 2014,
    https://doi.org/10.1016/j.rse.2014.02.015: equations 1 to 11.
"""

from dataclasses import dataclass

import numpy as np

_Z = 1.96
"""Of a normal distribution, 95 % lie within so many deviations."""


@dataclass(frozen=True)
class Estimate:
    """Numbers and their 95 % intervals; all arrays have one shape.

    Args:
        value: The estimates; NaN where nothing can be said.
        low: Lower ends; NaN where no interval can be given.
        high: Upper ends.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Estimates:
    """What a matrix says of a map, weighted by mapped area.

    Args:
        overall: Share of the map that is right, `()`.
        users: Of what is mapped as a class, the share that is it, `(C,)`.
        producers: Of what is a class, the share that is mapped as it, `(C,)`.
        shares: Share of the map's area that is truly of each class, `(C,)`.
    """

    overall: Estimate
    users: Estimate
    producers: Estimate
    shares: Estimate


NAMES = ("overall", "users", "producers", "shares")


def weighted(matrix: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return overall, user's and producer's accuracy and area shares.

    Args:
        matrix: Counts `(..., C, C)`, rows the truth, columns the map.
        weights: Share of the map that is mapped as each class, `(C,)`. Of a class that
            no count has nothing is known: the others share its weight.

    Returns:
        Arrays `(...)`, and three times `(..., C)`.
    """
    counts = np.asarray(matrix, np.float64)
    drawn = counts.sum(axis=-2)  # (..., C), by mapped class
    known = np.where(drawn > 0, weights, 0.0)
    known = known / np.maximum(known.sum(axis=-1, keepdims=True), 1e-300)
    cells = counts * (known / np.maximum(drawn, 1))[..., None, :]
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    shares = cells.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        users = np.diagonal(counts, axis1=-2, axis2=-1) / drawn
        producers = right / shares
    nothing = drawn.sum(axis=-1) == 0
    overall = np.where(nothing, np.nan, right.sum(axis=-1))
    return overall, users, producers, np.where(nothing[..., None], np.nan, shares)


def stratified(matrix: np.ndarray, weights: np.ndarray) -> Estimates:
    """Estimate from a sample drawn at random within each mapped class.

    A plain random sample of the map will do as well; it is stratified afterwards.

    Args:
        matrix: Counts of sampled points `(C, C)`, rows the truth.
        weights: Share of the map that is mapped as each class, `(C,)`.

    Returns:
        Estimates with normal 95 % intervals, cut at 0 and 1. A mapped class with a
        single point has no variance, and what depends on it no interval.
    """
    values = weighted(matrix, weights)
    variances = _variances(np.asarray(matrix, np.float64), weights, *values)
    return Estimates(
        **{
            name: _normal(np.asarray(value), np.asarray(variance))
            for name, value, variance in zip(NAMES, values, variances, strict=True)
        }
    )


def _variances(counts, weights, overall, users, producers, shares):
    """Return the variances of equations 5, 6, 7 and 10 of the source."""
    drawn = counts.sum(axis=0)
    known = np.where(drawn > 0, weights, 0.0)
    known = known / max(known.sum(), 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        cells = counts / drawn  # (C, C): of a mapped class, the share of each truth
        spread = cells * (1 - cells) / np.where(drawn > 1, drawn - 1, np.nan)
        spread = np.where((drawn == 0) | (known == 0), 0.0, spread)
        weighted_spread = known**2 * spread  # (C, C)
        own = np.diagonal(spread)
        others = weighted_spread.sum(axis=1) - known**2 * own
        first = known**2 * (1 - producers) ** 2 * own
        of_producers = (first + producers**2 * others) / shares**2
    of_users = np.where(drawn > 1, own, np.nan)
    return (known**2 * own).sum(), of_users, of_producers, weighted_spread.sum(axis=1)


def _normal(value: np.ndarray, variance: np.ndarray) -> Estimate:
    margin = _Z * np.sqrt(variance)
    return Estimate(value, np.clip(value - margin, 0, 1), np.clip(value + margin, 0, 1))
