"""Between series and stacks of maps: two-dimensional layers see each date alone."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class FoldDates(keras.layers.Layer):
    """Puts the dates of all series in one row.

    Call arguments:
        x: `(B, T, ...)`.

    Returns:
        `(B * T, ...)`.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def call(self, x):
        return ops.reshape(x, (-1, *ops.shape(x)[2:]))

    def compute_output_spec(self, x):
        batch, dates, *rest = x.shape
        row = batch * dates if batch and dates else None
        return keras.KerasTensor((row, *rest), x.dtype)


@keras.saving.register_keras_serializable(package="kerasseg")
class UnfoldDates(keras.layers.Layer):
    """Gives each series its dates back.

    Args:
        fill: What every value of a date becomes that was not observed; `None` leaves
            such dates as they are.

    Call arguments:
        x: `(B * T, ...)`.
        observed: `(B, T)`, true at observed dates.

    Returns:
        `(B, T, ...)`.
    """

    def __init__(self, fill=None, **kwargs):
        super().__init__(**kwargs)
        self.fill = fill

    def call(self, x, observed):
        x = ops.reshape(x, (*ops.shape(observed), *ops.shape(x)[1:]))
        if self.fill is None:
            return x
        observed = ops.reshape(observed, (*ops.shape(observed), *[1] * (x.ndim - 2)))
        return ops.where(observed, x, ops.cast(self.fill, x.dtype))

    def compute_output_spec(self, x, observed):
        return keras.KerasTensor((*observed.shape, *x.shape[1:]), x.dtype)

    def get_config(self):
        return {**super().get_config(), "fill": self.fill}


@keras.saving.register_keras_serializable(package="kerasseg")
class Observed(keras.layers.Layer):
    """Tells observed dates from those that only fill a batch.

    Args:
        pad_value: `None` believes the dates: -1 is padding. A number believes the
            images, as the published U-TAE does: a date at which every value is this
            number is padding, be it a dark scene or not.

    Call arguments:
        image: `(B, T, H, W, C)`.
        days: `(B, T)`, -1 where padded.

    Returns:
        `(B, T)`, bool.
    """

    def __init__(self, pad_value=None, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        self.pad_value = pad_value

    def call(self, image, days):
        if self.pad_value is None:
            return ops.not_equal(days, -1)
        return ops.any(ops.not_equal(image, self.pad_value), axis=(2, 3, 4))

    def compute_output_spec(self, image, days):
        return keras.KerasTensor(days.shape, "bool")

    def get_config(self):
        return {**super().get_config(), "pad_value": self.pad_value}
