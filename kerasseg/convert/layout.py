"""How the axes of a tensor lie in PyTorch and in Keras."""

import keras
import numpy as np

from kerasseg.convert.names import Place
from kerasseg.layers.dates import DAYS_OF_YEAR

_PUBLISHED_DAYS = 365
"""Rows of Crop2Seg's table of days; ours has `DAYS_OF_YEAR`."""


def to_keras(tensor: np.ndarray, place: Place) -> np.ndarray:
    """Turn a published tensor into the layout of its variable.

    The result has the shape of the variable if the tensor fits, and another one if it
    does not.
    """
    leaf = place.variable.name.rpartition(".")[2]
    if leaf == "kernel":
        return _pad_days(_kernel(tensor, place), place)
    shape = tuple(place.variable.shape)
    one_query = leaf == "Q" and _without_ones(tensor.shape) == _without_ones(shape)
    return tensor.reshape(shape) if one_query else tensor


def to_torch(value: np.ndarray, place: Place) -> np.ndarray:
    """Turn the value of a variable into the layout of the published tensor."""
    if place.variable.name.rpartition(".")[2] != "kernel":
        return value
    if _is_days(place):
        value = value[:_PUBLISHED_DAYS]
    if value.ndim == 4:
        axes = (2, 3, 0, 1) if _is_depthwise(place) else (3, 2, 0, 1)
        return value.transpose(axes)
    turned = value.transpose()  # Dense, and Conv1D: (k, in, out)
    is_conv1d = place.key.endswith("inconv.weight") and turned.ndim == 2
    return turned[..., np.newaxis] if is_conv1d else turned


def _kernel(tensor: np.ndarray, place: Place) -> np.ndarray:
    rank = len(place.variable.shape)
    if rank == 2 and tensor.ndim > 2 and set(tensor.shape[2:]) == {1}:
        tensor = tensor.reshape(
            tensor.shape[:2]
        )  # a convolution over one date or pixel
    if tensor.ndim != 4:
        return tensor.transpose()
    # A transposed convolution is (in, out, h, w) there and (h, w, out, in) here.
    return tensor.transpose((2, 3, 0, 1) if _is_depthwise(place) else (2, 3, 1, 0))


def _pad_days(kernel: np.ndarray, place: Place) -> np.ndarray:
    """Let the last days of the year, which Crop2Seg refuses, be as the day before."""
    if not _is_days(place) or kernel.shape[:1] != (_PUBLISHED_DAYS,):
        return kernel
    missing = DAYS_OF_YEAR - _PUBLISHED_DAYS
    return np.concatenate([kernel, np.repeat(kernel[-1:], missing, axis=0)])


def _is_days(place: Place) -> bool:
    """Tell whether a variable is a table with a row for each day of the year."""
    shape = tuple(place.variable.shape)
    is_encoder = "positional_encoder" in place.key
    return is_encoder and shape[0] == DAYS_OF_YEAR and shape[-1] != DAYS_OF_YEAR


def _is_depthwise(place: Place) -> bool:
    return isinstance(place.layer, keras.layers.DepthwiseConv2D)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
