"""Weigh classes by how rare they are."""

from collections.abc import Sequence

import numpy as np


def inverse_weights(counts: Sequence[int] | np.ndarray) -> tuple[float, ...]:
    """Weigh classes by the inverse of their number of samples.

    The weights of the classes that occur have mean 1, so that a loss keeps its scale;
    a class without samples weighs 0.

    Args:
        counts: Number of labelled pixels per class.

    Raises:
        ValueError: If a count is negative, or all are 0.
    """
    counts = np.asarray(counts, np.float64)
    if counts.ndim != 1 or np.any(counts < 0) or not np.any(counts > 0):
        raise ValueError(
            f"class counts {counts.tolist()}. Give one number per class, none "
            "negative and at least one above 0."
        )
    inverse = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    return tuple((inverse / inverse[counts > 0].mean()).tolist())


def class_weights(
    counts: Sequence[int] | np.ndarray, kind: str = "inverse"
) -> tuple[float, ...]:
    """Weigh classes by their number of samples, in one of several ways.

    The weights of the classes that occur have mean 1, so that a loss keeps its scale;
    a class without samples weighs 0.

    Args:
        counts: Number of labelled pixels per class.
        kind: `"inverse"`: one over the number (INS). `"inverse_root"`: one over its
            root, which spares rare classes that are hard to tell. `"inverse_log"`: one
            over `log(1.02 + share)`. `"effective"`: one over the effective number of
            samples, which saturates at a hundredth of all pixels: commoner classes
            weigh alike, rarer ones by their number.

    Raises:
        ValueError: If the kind is unknown, a count is negative, or all are 0.

    Source:
        `inverse_log`: Paszke et al., "ENet", 2016, https://arxiv.org/abs/1606.02147.
        `effective`: Cui et al., "Class-Balanced Loss Based on Effective Number of
        Samples", 2019, https://arxiv.org/abs/1901.05555.
    """
    inverse = inverse_weights(counts)
    if kind == "inverse":
        return inverse
    counts = np.asarray(counts, np.float64)
    present, share = counts > 0, counts / counts.sum()
    scale = counts.sum() / 100
    kinds = {
        "inverse_root": lambda: 1 / np.sqrt(counts[present]),
        "inverse_log": lambda: 1 / np.log(1.02 + share[present]),
        "effective": lambda: 1 / -np.expm1(-counts[present] / scale),
    }
    if kind not in kinds:
        raise ValueError(f"class weights {kind!r}. Choose from: {', '.join(WEIGHTS)}.")
    weights = np.zeros_like(counts)
    weights[present] = kinds[kind]()
    return tuple((weights / weights[present].mean()).tolist())


WEIGHTS = ("inverse", "inverse_root", "inverse_log", "effective")
"""The kinds of `class_weights`."""
