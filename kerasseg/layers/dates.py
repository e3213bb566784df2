"""Dates as vectors: waves of many lengths, or a learnt table of the days of a year.

The season's reference date belongs to the dataset; here days are plain numbers. A
padded date, `days == -1`, is encoded as day 0, and nobody looks at it.
"""

import keras
import numpy as np
from keras import ops

DAYS_OF_YEAR = 367
"""Slots of the table: 1 to 366, and 0, with which some published series begin."""


def sinusoid(days, width, period=1000, repeat=1, offset=0):
    """Encode days as sines and cosines whose wavelengths grow geometrically.

    Args:
        days: `(B, T)`, any number type.
        width: How many values encode a day; even ones are sines, odd ones cosines.
        period: Wavelength of the last values, divided by 2 pi.
        repeat: How many times the values are repeated, once for each head.
        offset: How many values of the full encoding are skipped.

    Returns:
        `(B, T, width * repeat)`, float32.

    Source:
        Vaswani et al., "Attention Is All You Need", 2017,
        https://arxiv.org/abs/1706.03762. utae-paps (MIT) and Crop2Seg use period 1000,
        STENN 10000.
    """
    index = np.arange(width)
    frequency = period ** (-2.0 * ((index + offset) // 2) / width)
    angle = ops.cast(days, "float32")[..., None] * frequency.astype("float32")
    waves = ops.where(index % 2 == 0, ops.sin(angle), ops.cos(angle))
    return ops.tile(waves, (1, 1, repeat))


@keras.saving.register_keras_serializable(package="kerasseg")
class Sinusoid(keras.layers.Layer):
    """Encodes days as waves, and mixes them with a learnt matrix if asked.

    Args:
        width: How many values encode a day.
        repeat: How many times they are repeated, once for each head.
        period: See `sinusoid`.
        linear: Whether a learnt matrix `fc` follows.

    Call arguments:
        days: `(B, T)`.

    Returns:
        `(B, T, width * repeat)`, float32.
    """

    def __init__(self, width, repeat=1, period=1000, linear=False, **kwargs):
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.width = width
        self.repeat = repeat
        self.period = period
        self.linear = linear

    def build(self, days_shape):
        if self.linear:
            size = self.width * self.repeat
            self.kernel = self.add_weight(shape=(size, size), name="fc.kernel")
            self.bias = self.add_weight(
                shape=(size,), initializer="zeros", name="fc.bias"
            )

    def call(self, days):
        waves = sinusoid(_from_zero(days), self.width, self.period, self.repeat)
        return waves @ self.kernel + self.bias if self.linear else waves

    def compute_output_spec(self, days):
        shape = (*days.shape, self.width * self.repeat)
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "width": self.width,
            "repeat": self.repeat,
            "period": self.period,
            "linear": self.linear,
        }


@keras.saving.register_keras_serializable(package="kerasseg")
class DayOfYear(keras.layers.Layer):
    """Encodes the day of the year with a learnt table.

    Args:
        width: How many values encode a day.
        repeat: How many times they are repeated, once for each head.

    Call arguments:
        day_of_year: `(B, T)`, int, 0 to 366.

    Returns:
        `(B, T, width * repeat)`, float32.

    Source:
        Crop2Seg, https://github.com/Many98/Crop2Seg, which multiplies a one-hot vector
        of 365 days with a matrix and so fails on day 365 and 366.
    """

    def __init__(self, width, repeat=1, **kwargs):
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.width = width
        self.repeat = repeat

    def build(self, day_of_year_shape):
        self.kernel = self.add_weight(
            shape=(DAYS_OF_YEAR, self.width), name="fc.kernel"
        )
        self.bias = self.add_weight(
            shape=(self.width,), initializer="zeros", name="fc.bias"
        )

    def call(self, day_of_year):
        days = ops.cast(_from_zero(day_of_year), "int32")
        values = ops.take(self.kernel, days, axis=0) + self.bias
        return ops.tile(values, (1, 1, self.repeat))

    def compute_output_spec(self, day_of_year):
        shape = (*day_of_year.shape, self.width * self.repeat)
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {**super().get_config(), "width": self.width, "repeat": self.repeat}


def encodings(dates, width, repeat, period=1000, linear=False):
    """Make the layers whose sum encodes dates, with the names of the published code.

    Args:
        dates: `"days"`, `"day_of_year"`, `"both"` or `"none"`.
        width: How many values encode a day.
        repeat: How many times they are repeated.
        period: See `sinusoid`.
        linear: Whether a learnt matrix follows the waves. With `"day_of_year"`, waves
            and matrix replace the table.

    Returns:
        Pairs of the input's name and the layer for it.
    """
    first, second = "positional_encoder", "positional_encoder_abs"
    if dates == "none":
        return []
    if dates == "day_of_year" and not linear:
        return [("day_of_year", DayOfYear(width, repeat, name=first))]
    waves = Sinusoid(width, repeat, period, linear, name=first)
    if dates == "both":
        table = DayOfYear(width, repeat, name=second)
        return [("days", waves), ("day_of_year", table)]
    return [(dates, waves)]


def _from_zero(days):
    return ops.where(ops.equal(days, -1), ops.zeros_like(days), days)
