"""Inverted residual blocks, the brick that Crop2Seg offers instead of `conv_layer`."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.border import BorderedConvolution, BorderedDepthwise
from kerasseg.layers.series_convolution import normalize
from kerasseg.layers.squeeze import squeeze_excite


def mbconv_layer(
    x: keras.KerasTensor,
    widths: Sequence[int],
    norm: str = "group",
    *,
    observed: keras.KerasTensor | None = None,
    name: str,
) -> keras.KerasTensor:
    """Apply a chain of inverted residual blocks, one per width.

    A block widens four times, convolves each channel by itself, weighs the channels,
    and narrows; where it keeps the width, its input is added. No ReLU ends it.

    Args:
        x: `(N, H, W, C)`.
        widths: Channels after each block.
        norm: As in `conv_layer`.
        observed: `(N,)`, which maps count in the statistics of batch normalisation.
        name: Prefix of the names of the layers: `<name>.conv.<i>` and the published
            path within a block.

    Returns:
        `(N, H, W, widths[-1])`.

    Source:
        Tan and Le, "EfficientNet", 2019, https://arxiv.org/abs/1905.11946, with the
        details and names of Crop2Seg: ReLU, biases, borders always mirrored.
    """
    for link, width in enumerate(widths):
        keeps = x.shape[-1] == width
        block = f"{name}.conv.{link}.0.0.{'block' if keeps else '0'}"
        y = _block(x, width, norm, observed, block)
        x = layers.Add(name=f"{name}.conv.{link}.add")([y, x]) if keeps else y
    return x


def _block(x, width, norm, observed, name):
    x = BorderedConvolution(4 * x.shape[-1], 1, name=f"{name}.0")(x)
    x = normalize(x, norm, True, observed, f"{name}.1")
    x = BorderedDepthwise(3, border=1, padding_mode="reflect", name=f"{name}.3")(x)
    x = normalize(x, norm, True, observed, f"{name}.4")
    x = squeeze_excite(x, f"{name}.6")
    x = BorderedConvolution(width, 1, name=f"{name}.7")(x)
    return normalize(x, norm, False, observed, f"{name}.8")
