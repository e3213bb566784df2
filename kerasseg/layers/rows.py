"""Some rows of an image at a time, so that memory does not grow with the image."""

import keras
from keras import ops


def split(x, pixels):
    """Cut series into pieces of whole rows, each with its dates side by side.

    Args:
        x: `(B, T, H, W, C)`.
        pixels: About how many pixels of each image a piece has, at least one row; of
            an image whose size is not known beforehand it has one row. `None` for
            everything in one piece.

    Returns:
        `(pieces, B, P, T, C)`.
    """
    batch, dates, height, width, channels = ops.shape(x)
    some = _rows(height, width, pixels)
    number = 1 if pixels is None else height // some
    x = ops.reshape(x, (batch, dates, number, some, width, channels))
    x = ops.transpose(x, (2, 0, 3, 4, 1, 5))
    return ops.reshape(x, (number, batch, some * width, dates, channels))


def join(pieces, x):
    """Put what was computed from pieces of `x` together.

    Args:
        pieces: `(pieces, B, P, ...)`.
        x: What was split, `(B, T, H, W, C)`.

    Returns:
        `(B, H, W, ...)`.
    """
    batch, _, height, width, _ = ops.shape(x)
    number, _, size, *rest = ops.shape(pieces)
    pieces = ops.reshape(pieces, (number, batch, size // width, width, *rest))
    axes = (1, 0, 2, 3, *range(4, 4 + len(rest)))
    return ops.reshape(ops.transpose(pieces, axes), (batch, height, width, *rest))


def apply(function, pieces, extra, *tensors):
    """Apply a function to each piece; if there are several, its gradient does it again.

    Args:
        function: From a piece, its `extra` and the tensors to a tuple of tensors.
        pieces: `(pieces, ...)`.
        extra: `(pieces, ...)`, or `None`.
        *tensors: What the function needs for every piece.

    Returns:
        The results for all pieces, `(pieces, ...)` each.
    """
    if pieces.shape[0] == 1:
        only = function(pieces[0], None if extra is None else extra[0], *tensors)
        return tuple(result[None] for result in only)
    function = keras.remat(function)
    if extra is None:
        return ops.map(lambda piece: function(piece, None, *tensors), pieces)
    return ops.map(lambda pair: function(*pair, *tensors), (pieces, extra))


def _rows(height, width, pixels):
    if pixels is None:
        return height
    if not isinstance(height, int) or not isinstance(width, int):
        return 1
    fitting = max(1, pixels // width)
    return max(n for n in range(1, height + 1) if height % n == 0 and n <= fitting)
