"""Dropout that is a function of numbers: no state, no memory, the same everywhere.

Keras' own generators keep their state in a variable, which a loop over chunks cannot
change, and their numbers cost more than the products around them on a CPU. Here each
value hashes its own place, which the compiler merges with whatever reads it.
"""

import numpy as np
from keras import ops

_SITES = 0x9E3779B9


def dropout(x, rate: float, seed, site: int):
    """Zero a share of the values and enlarge the others, so that the mean stays.

    Args:
        x: Any tensor of known rank.
        rate: The share, below 1; `0` changes nothing.
        seed: A number, uint32. The same seed, site and shape drop the same values.
        site: Tells apart the uses of one seed.

    Returns:
        A tensor like `x`.

    Source:
        The hash is `lowbias32`: Wellons, "Prospecting for Hash Functions", 2018,
        https://nullprogram.com/blog/2018/07/31/.
    """
    if rate == 0:
        return x
    size = ops.shape(x)
    place = ops.cast(ops.arange(_product(size), dtype="int32"), "uint32")
    place = ops.reshape(place, size)
    key = hashed(seed + _unsigned(site * _SITES))
    kept = hashed(ops.bitwise_xor(place, key)) >= _unsigned(int(rate * 2**32))
    return ops.where(kept, x / (1 - rate), ops.zeros_like(x))


def hashed(number):
    """Turn numbers into others, uint32, that look random."""
    number = _fold(number, 16) * _unsigned(0x7FEB352D)
    number = _fold(number, 15) * _unsigned(0x846CA68B)
    return _fold(number, 16)


def _fold(number, shift):
    return ops.bitwise_xor(number, ops.right_shift(number, _unsigned(shift)))


def _unsigned(number):
    return ops.convert_to_tensor(np.uint32(number & 0xFFFFFFFF))


def _product(sizes):
    total = 1
    for size in sizes:
        total = total * size
    return total
