"""The mean of a series over its observed dates."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class MeanOverDates(keras.layers.Layer):
    """Averages observed dates, all of them alike.

    Args:
        padding: `"ignored"`, or `"published"`: padded dates count as well.

    Call arguments:
        x: `(B, T, H, W, C)`.
        observed: `(B, T)`, true at observed dates.

    Returns:
        `(B, H, W, C)`, 0 for a series without any date.
    """

    def __init__(self, padding="ignored", **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, x, observed):
        return mean_over_dates(x, observed if self.padding == "ignored" else None)

    def compute_output_spec(self, x, observed):
        batch, _, *rest = x.shape
        return keras.KerasTensor((batch, *rest), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def mean_over_dates(x, observed=None):
    """Average `(B, T, ...)` over the dates that are observed, or over all.

    Args:
        x: `(B, T, ...)`.
        observed: `(B, T)`; `None` for all.

    Returns:
        `(B, ...)`.
    """
    if observed is None:
        return ops.mean(x, axis=1)
    weight = ops.cast(observed, x.dtype)
    weight = weight / ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1)
    return ops.einsum("bt...,bt->b...", x, weight)
