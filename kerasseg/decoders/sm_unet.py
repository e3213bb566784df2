"""The U-Net decoder of segmentation_models."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.convolutions import conv_block
from kerasseg.layers.transposed import TransposedConvolution

WIDTHS = (256, 128, 64, 32, 16)
"""Of the published model."""


def decode(
    maps: Sequence[keras.KerasTensor],
    num_classes: int,
    *,
    widths: Sequence[int] = WIDTHS,
    upsampling: str = "nearest",
) -> keras.KerasTensor:
    """Double the size five times and join the encoder's map of each size.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32; where one is `None`, nothing joins.
        num_classes: Number of logits per pixel.
        widths: Channels of the five stages, coarsest first.
        upsampling: `"nearest"` repeats pixels and convolves twice; `"transpose"`
            learns the enlargement and convolves once.

    Source:
        Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", 2015, https://arxiv.org/abs/1505.04597, in the layout of
        segmentation_models 1.0.1 (MIT),
        https://github.com/qubvel/segmentation_models. Ours ends with logits.
    """
    *skips, x = maps
    grow = {"nearest": _repeat, "transpose": _transpose}[upsampling]
    for stage, (width, skip) in enumerate(
        zip(widths, [*skips[::-1], None], strict=True)
    ):
        x = grow(x, skip, width, f"decoder_stage{stage}")
        x = conv_block(x, width, f"decoder_stage{stage}b")
    return Convolution(
        num_classes, 3, padding="same", dtype="float32", name="final_conv"
    )(x)


def _repeat(x, skip, width, name):
    x = layers.UpSampling2D(2, name=f"{name}_upsampling")(x)
    return conv_block(_join(x, skip, name), width, f"{name}a")


def _transpose(x, skip, width, name):
    x = TransposedConvolution(
        width, 4, 2, padding="same", use_bias=False, name=f"{name}a_transpose"
    )(x)
    x = layers.BatchNormalization(name=f"{name}a_bn")(x)
    return _join(layers.Activation("relu", name=f"{name}a_relu")(x), skip, name)


def _join(x, skip, name):
    if skip is None:
        return x
    return layers.Concatenate(name=f"{name}_concat")([x, skip])
