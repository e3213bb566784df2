"""The U-Net decoder of segmentation_models.pytorch."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution


def decode(
    maps: Sequence[keras.KerasTensor],
    num_classes: int,
    *,
    widths: Sequence[int] = (256, 128, 64, 32, 16),
) -> keras.KerasTensor:
    """Double the size five times and join the encoder's map of each size.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32; where one is `None`, nothing joins.
        num_classes: Number of logits per pixel.
        widths: Channels of the five stages, coarsest first.

    Source:
        Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", 2015, https://arxiv.org/abs/1505.04597, in the layout of
        segmentation_models.pytorch 0.6.0 (MIT),
        https://github.com/qubvel-org/segmentation_models.pytorch.
    """
    *skips, x = maps
    for stage, (width, skip) in enumerate(
        zip(widths, [*skips[::-1], None], strict=True)
    ):
        name = f"decoder.blocks.{stage}"
        x = layers.UpSampling2D(2, name=f"{name}.upsample")(x)
        if skip is not None:
            x = layers.Concatenate(name=f"{name}.concat")([x, skip])
        x = _conv_block(x, width, f"{name}.conv1")
        x = _conv_block(x, width, f"{name}.conv2")
    return Convolution(
        num_classes, 3, padding="same", dtype="float32", name="segmentation_head.0"
    )(x)


def _conv_block(x, width, name):
    x = Convolution(
        width,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer="he_uniform",
        name=f"{name}.0",
    )(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}.1")(x)
    return layers.Activation("relu", name=f"{name}.2")(x)
