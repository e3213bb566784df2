"""The decoder of ProyectoSatelites' U-Net, which joins no maps of the encoder."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.resize import ResizeLike
from kerasseg.layers.transposed import TransposedConvolution

WIDTHS = (1024, 512, 256, 128, 64, 32)
"""Of the published model."""


def decode(
    maps: Sequence[keras.KerasTensor | None],
    num_classes: int,
    image: keras.KerasTensor,
    *,
    widths: Sequence[int] = WIDTHS,
) -> keras.KerasTensor:
    """Double the coarsest map again and again by learnt enlargement.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32; the last alone is used.
        num_classes: Number of logits per pixel.
        image: What the logits get the size of.
        widths: Channels after each doubling. The published six go from stride 32 to
            half a pixel, and the logits are made smaller again.

    Source:
        ProyectoSatelites, https://github.com/aquevedos/ProyectoSatelites, `model.py`:
        a U-Net by name, without skip connections.
    """
    x = maps[-1]
    for stage, width in enumerate(widths):
        number = 3 * stage
        x = TransposedConvolution(width, 2, 2, name=f"decoder.{number}")(x)
        norm = f"decoder.{number + 1}"
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=norm)(x)
        x = layers.Activation("relu", name=f"decoder.{number + 2}")(x)
    x = Convolution(num_classes, 1, dtype="float32", name="conv_out")(x)
    return ResizeLike(align_corners=True, dtype="float32", name="upsample")(x, image)
