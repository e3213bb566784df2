"""Which numbers can have been measured."""

import numpy as np

_LIMIT = 1e30
"""Nothing measured is as large. The largest number of a type, or its negative, fills
rasters that do not declare it; one such pixel would spoil all that a model sees."""


def is_measured(values: np.ndarray) -> np.ndarray:
    """Tell values from NaN, infinity and the fills at the end of a type.

    Args:
        values: Of a floating-point type, of any shape.

    Returns:
        Of the same shape, bool.
    """
    return np.abs(values) < _LIMIT
