"""A series of maps becomes one map, each date weighed by the temporal attention."""

import math

import keras
import numpy as np
from keras import ops

from kerasseg import backend
from kerasseg.layers import jax_cpu
from kerasseg.layers.in_chunks import in_chunks
from kerasseg.layers.resize import weights

_VALUES_AT_ONCE = 2**22
"""Values of a series that are weighed at once, where rows are summed by and by."""


@keras.saving.register_keras_serializable(package="kerasseg")
class TemporalAggregation(keras.layers.Layer):
    """Sums the maps of all dates, weighed.

    With `"att_group"` each head weighs one group of adjacent channels; with
    `"att_mean"` the mean of the heads weighs all channels; with `"mean"` observed
    dates count the same. Attention of another size than the maps is enlarged bilinearly
    (half-pixel centres) or averaged, and not renormalised after that.

    Args:
        mode: How dates are weighed.
        consume: Whether the gradient of large maps may be written over them (JAX). It
            saves their memory if no other gradient needs them, and costs a copy else.

    Call arguments:
        x: `(B, T, H, W, C)`.
        attention: `(B, heads, T, h, w)`; not used by `"mean"`.
        observed: `(B, T)`, true at observed dates; padded dates weigh nothing.

    Returns:
        `(B, H, W, C)`.

    Raises:
        ValueError: If the channels are no multiple of the heads.

    Source:
        Garnot and Landrieu, "Panoptic Segmentation of Satellite Image Time Series with
        Convolutional Temporal Attention Networks", 2021,
        https://arxiv.org/abs/2107.07933. There the mean of a series without any date
        is not a number; here it is 0.
    """

    def __init__(self, mode="att_group", consume=False, **kwargs):
        super().__init__(**kwargs)
        self.mode = mode
        self.consume = consume

    def call(self, x, attention, observed):
        shown = ops.cast(observed, x.dtype)
        if self.mode == "mean":
            count = ops.maximum(ops.sum(shown, axis=1), 1)
            shown = (shown / count[:, None])[:, :, None, None, None]
            return ops.sum(x * shown, axis=1)
        if self.mode == "att_mean":
            attention = ops.mean(attention, axis=1, keepdims=True)
        weight = ops.cast(ops.transpose(attention, (0, 2, 3, 4, 1)), x.dtype)
        weight = weight * shown[:, :, None, None, None]  # (B, T, h, w, heads)
        # Columns first: then the rows are one large product of matrices.
        columns = _resampling(weight, x, 3)
        lines = _resampling(weight, x, 2)
        weight = ops.einsum("bthwg,xw->bthxg", weight, columns)
        if not _is_large(x):
            return _sum_rows(x, 0, (weight,), (lines,))
        rows = max(1, _VALUES_AT_ONCE * x.shape[2] // math.prod(x.shape))
        # XLA writes in place only in a loop, which a rest of rows would not belong to.
        rows = next(rows for rows in range(rows, 0, -1) if x.shape[2] % rows == 0)
        return in_chunks(
            _sum_rows,
            x,
            (weight,),
            (lines,),
            size=rows,
            axes=(2, 1),
            consume=self.consume,
        )

    def compute_output_spec(self, x, attention, observed):
        if self.mode == "att_group" and x.shape[-1] % attention.shape[1]:
            raise ValueError(
                f"{self.name}: {x.shape[-1]} channels for {attention.shape[1]} heads. "
                "Give a width that is a multiple of the heads."
            )
        batch, _, *rest = x.shape
        return keras.KerasTensor((batch, *rest), x.dtype)

    def get_config(self):
        config = {"mode": self.mode, "consume": self.consume}
        return {**super().get_config(), **config}


def _is_large(x):
    """Tell whether to sum a few rows at a time, which bounds the gradient's memory.

    On JAX that halves its memory. TensorFlow would copy what it puts together.
    """
    return keras.config.backend() == "jax" and math.prod(x.shape) > 2 * _VALUES_AT_ONCE


def _sum_rows(x, start, weights, constants):
    """Weigh and sum the dates of some rows.

    Args:
        x: The rows, `(B, T, rows, W, C)`.
        start: Which row is the first.
        weights: `(B, T, h, W, heads)`, already of full width.
        constants: The share of each of the h in each of all rows, `(H, h)`.

    Returns:
        `(B, rows, W, C)`.
    """
    (weight,), (lines,) = weights, constants
    batch, _, rows, width, channels = ops.shape(x)
    lines = ops.slice(lines, (start, 0), (rows, ops.shape(lines)[1]))
    weight = ops.einsum("bthxg,yh->btyxg", weight, lines)
    if jax_cpu.applies(x, weight):
        from kerasseg.layers.jax_cpu.weighted_sum import sum_dates

        return sum_dates(x, weight)
    if keras.config.backend() == "tensorflow" and backend.devices() == ["cpu"]:
        from kerasseg.layers.tensorflow_cpu import sum_dates

        return sum_dates(x, weight)
    heads = weight.shape[-1]
    x = ops.reshape(x, (*ops.shape(x)[:4], heads, channels // heads))
    return ops.reshape(
        ops.sum(x * weight[..., None], 1), (batch, rows, width, channels)
    )


def _resampling(weight, x, axis):
    """The share of each old pixel in each new one, `(new, old)`, along an axis."""
    old, new = weight.shape[axis], x.shape[axis]
    if old is None or new is None:
        old, new = ops.shape(weight)[axis], ops.shape(x)[axis]
    elif new < old:
        step = old // new
        share = np.arange(old) // step == np.arange(new)[:, None]
        return ops.cast(share / step, weight.dtype)
    return ops.cast(weights(old, new), weight.dtype)
