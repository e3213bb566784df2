"""A series of maps becomes one map, each date weighed by the temporal attention."""

import keras
from keras import ops

from kerasseg.layers.resize import weights


@keras.saving.register_keras_serializable(package="kerasseg")
class TemporalAggregation(keras.layers.Layer):
    """Sums the maps of all dates, weighed.

    With `"att_group"` each head weighs one group of adjacent channels; with
    `"att_mean"` the mean of the heads weighs all channels; with `"mean"` observed
    dates count the same. Attention of another size than the maps is enlarged bilinearly
    (half-pixel centres) or averaged, and not renormalised after that.

    Args:
        mode: How dates are weighed.

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

    def __init__(self, mode="att_group", **kwargs):
        super().__init__(**kwargs)
        self.mode = mode

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
        weight = _fit(weight, x)
        size, heads = ops.shape(x), weight.shape[-1]
        x = ops.reshape(x, (*size[:-1], heads, size[-1] // heads))
        return ops.reshape(ops.sum(x * weight[..., None], axis=1), (size[0], *size[2:]))

    def compute_output_spec(self, x, attention, observed):
        if self.mode == "att_group" and x.shape[-1] % attention.shape[1]:
            raise ValueError(
                f"{self.name}: {x.shape[-1]} channels for {attention.shape[1]} heads. "
                "Give a width that is a multiple of the heads."
            )
        batch, _, *rest = x.shape
        return keras.KerasTensor((batch, *rest), x.dtype)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


def _fit(weight, x):
    """Bring `(B, T, h, w, heads)` to the height and width of the maps."""
    wanted, given = x.shape[2:4], weight.shape[2:4]
    known = None not in (*wanted, *given)
    if known and wanted == given:
        return weight
    batch, dates, low, narrow, heads = ops.shape(weight)
    height, width = ops.shape(x)[2:4]
    if known and wanted[0] < given[0]:
        step = low // height
        weight = ops.reshape(weight, (batch * dates, low, narrow, heads))
        weight = ops.average_pool(weight, step, step, data_format="channels_last")
        return ops.reshape(weight, (batch, dates, height, width, heads))
    # Columns first: then the rows are one large product of matrices.
    columns = ops.cast(weights(narrow, width), weight.dtype)
    lines = ops.cast(weights(low, height), weight.dtype)
    weight = ops.einsum("bthwg,xw->bthxg", weight, columns)
    return ops.einsum("bthxg,yh->btyxg", weight, lines)
