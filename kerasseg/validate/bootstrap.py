"""Intervals for labels that cover ground: blocks are drawn again, not pixels.

Pixels are no sample: neighbours are right and wrong together, so a million of them are
worth some hundred independent looks, and a binomial interval is absurdly narrow. Square
blocks, wider than errors hang together, are nearly independent. They are drawn with
replacement, as many as there are, a thousand times, and all is computed anew from each
draw; the middle 95 % are the interval (percentile bootstrap of clusters). What it is an
interval of depends on what the labels cover.

Where they cover the *whole map*, nothing was sampled: accuracy and areas are a census,
exact for this map and these labels. Areas have no interval then. Those of accuracies
say how much these would change on other ground of this kind, whose classes have other
shares: each draw has its own.

Where they cover *a part*, that part stands for the map, class by class. Accuracies and
areas are estimates for this map, weighted by what the whole of it holds, which is known
and the same in each draw. No correction is made for the part that was looked at, so the
intervals are on the safe side.

Source:
    Efron and Tibshirani, An Introduction to the Bootstrap, Chapman and Hall, 1993.
"""

import numpy as np

from kerasseg.validate.estimates import NAMES, Estimate, Estimates, weighted

DRAWS = 1000
LEAST = 10
"""With fewer blocks no interval is given."""

_AT_ONCE = 100


def clustered(
    blocks: np.ndarray, weights: np.ndarray | None, seed: int = 1, draws: int = DRAWS
) -> Estimates:
    """Estimate from the counts of blocks of ground.

    Args:
        blocks: Counts of pixels of each block `(K, C, C)`, rows the truth; blocks
            without any do no harm.
        weights: Share of the map that is mapped as each class, `(C,)`, where labels
            cover a part of it. None where they cover all of it.
        seed: Another seed, other draws.
        draws: How many.

    Returns:
        Estimates with percentile intervals; without, where fewer than `LEAST` blocks
        have labels. Where a class is missing from a draw, so is its accuracy.
    """
    blocks = blocks[blocks.any(axis=(1, 2))]
    values = _weighted(blocks.sum(axis=0), weights)
    if len(blocks) < LEAST:
        nothing = [np.full_like(np.asarray(value), np.nan) for value in values]
        ends = list(zip(nothing, nothing, strict=True))
    else:
        ends = _intervals(blocks, weights, np.random.default_rng(seed), draws)
    if weights is None:
        ends[-1] = (np.full_like(values[-1], np.nan),) * 2
    return Estimates(
        **{
            name: Estimate(np.asarray(value), *pair)
            for name, value, pair in zip(NAMES, values, ends, strict=True)
        }
    )


def _intervals(blocks, weights, rng, draws: int) -> list[tuple[np.ndarray, np.ndarray]]:
    number, classes = blocks.shape[:2]
    flat = blocks.reshape(number, -1).astype(np.float64)
    drawn: list[tuple[np.ndarray, ...]] = []
    for start in range(0, draws, _AT_ONCE):
        size = min(_AT_ONCE, draws - start)
        times = rng.multinomial(number, np.full(number, 1 / number), size)
        again = (times @ flat).reshape(size, classes, classes)
        drawn.append(_weighted(again, weights))
    every = [np.concatenate(parts) for parts in zip(*drawn, strict=True)]
    return [_middle(each) for each in every]


def _weighted(matrix: np.ndarray, weights: np.ndarray | None):
    if weights is None:
        mapped = matrix.sum(axis=-2)
        weights = mapped / np.maximum(mapped.sum(axis=-1, keepdims=True), 1)
    return weighted(matrix, weights)


def _middle(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle 95 % along the first axis, of what is defined."""
    some = np.isfinite(values).any(axis=0)
    filled = np.where(some, values, 0.0)
    low, high = np.nanpercentile(filled, [2.5, 97.5], axis=0)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)
