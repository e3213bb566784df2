"""Chains of convolution, normalisation and ReLU, the brick of the U-TAE family."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.batch_norm import BatchNorm
from kerasseg.layers.border import BorderedConvolution, BorderedDepthwise
from kerasseg.layers.frame_norm import FrameNorm

GROUPS = 4


def conv_layer(  # noqa: PLR0913
    x: keras.KerasTensor,
    widths: Sequence[int],
    norm: str = "batch",
    *,
    kernel: int = 3,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    padding_mode: str = "reflect",
    separable: bool = False,
    last_relu: bool = True,
    observed: keras.KerasTensor | None = None,
    name: str,
) -> keras.KerasTensor:
    """Apply a chain of convolution, normalisation and ReLU, one link per width.

    Layers are called `<name>.conv.<i>` with the numbers of the published
    `nn.Sequential`: 0 convolution, 1 normalisation (with the ReLU, 2), 3 convolution
    and so on.

    Args:
        x: `(N, H, W, C)`: a batch of images, or the dates of several series in one row.
        widths: Channels after each convolution.
        norm: `"group"` (four groups), `"batch"`, `"instance"` (not affine) or
            `"none"`.
        kernel: Side of the kernel.
        stride: Step of the convolution.
        padding: Pixels added on each side; by default what keeps the size at stride 1.
        dilation: Distance between the pixels that a kernel reads.
        padding_mode: What is added; see `BorderedConvolution`.
        separable: Whether each convolution is a depthwise one followed by a pointwise
            one, both without bias.
        last_relu: Whether a ReLU ends the chain.
        observed: `(N,)`, which maps count in the statistics of batch normalisation.
        name: Prefix of the names of the layers.

    Returns:
        `(N, H', W', widths[-1])`.

    Source:
        Garnot and Landrieu, "Panoptic Segmentation of Satellite Image Time Series with
        Convolutional Temporal Attention Networks", 2021,
        https://arxiv.org/abs/2107.07933 (`ConvLayer` of utae-paps).
    """
    if padding is None:
        padding = dilation * (kernel - 1) // 2
    step = 2 if norm == "none" else 3
    for link, width in enumerate(widths):
        convolve = _separable if separable else _plain
        x = convolve(
            x,
            width,
            kernel=kernel,
            strides=stride,
            dilation=dilation,
            border={"border": padding, "padding_mode": padding_mode},
            name=f"{name}.conv.{step * link}",
        )
        relu = last_relu or link < len(widths) - 1
        x = normalize(x, norm, relu, observed, f"{name}.conv.{step * link + 1}")
    return x


def _plain(x, width, *, kernel, strides, dilation, border, name):
    return BorderedConvolution(
        width, kernel, strides=strides, dilation_rate=dilation, name=name, **border
    )(x)


def _separable(x, width, *, kernel, strides, dilation, border, name):
    x = BorderedDepthwise(
        kernel,
        strides=strides,
        dilation_rate=dilation,
        use_bias=False,
        name=f"{name}.depthwise",
        **border,
    )(x)
    return BorderedConvolution(width, 1, use_bias=False, name=f"{name}.pointwise")(x)


def normalize(x, norm: str, relu: bool, observed, name: str) -> keras.KerasTensor:
    """Normalise in one of four ways, with or without a ReLU; see `conv_layer`."""
    if norm == "group":
        return FrameNorm(GROUPS, relu=relu, name=name)(x)
    if norm == "instance":
        return FrameNorm(None, affine=False, relu=relu, name=name)(x)
    if norm == "batch":
        return BatchNorm(relu=relu, name=name)(x, observed=observed)
    return layers.Activation("relu", name=name)(x) if relu else x
