"""The U-Net decoder of the SegFormer hybrids of ProyectoSatelites."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.resize import BilinearUpsampling, ResizeLike

WIDTHS = (160, 64, 32, 32)
"""Of the hybrid of SegFormer and U-Net."""

RESNET_WIDTHS = (256, 256, 128, 64)
"""Of the hybrid with a ResNet34 beside."""


def decode(
    maps: Sequence[keras.KerasTensor | None],
    num_classes: int,
    image: keras.KerasTensor,
    *,
    widths: Sequence[int] = WIDTHS,
    last_doubling: bool = False,
) -> keras.KerasTensor:
    """Climb from stride 32 to stride 4 bilinearly and join the map of each size.

    Sizes need not be multiples of anything: what was doubled is resized to the map it
    joins.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32; the first is not used.
        num_classes: Number of logits per pixel.
        image: What the logits get the size of.
        widths: Channels of the four stages, coarsest first.
        last_doubling: Whether the last stage, like the others, doubles the size first,
            as the hybrid with a ResNet does. The logits come at stride 2 or 4, and are
            enlarged.

    Source:
        ProyectoSatelites, https://github.com/aquevedos/ProyectoSatelites: the decoders
        of `HybridSegFormerUNet` and `HybridResNetSegFormer`, with their names.
    """
    _, *skips, x = maps
    for level, width, skip in zip(
        (4, 3, 2, 1), widths, [None, *skips[::-1]], strict=True
    ):
        name = f"decoder{level}"
        if skip is not None:
            x = ResizeLike(name=f"{name}.resize")(x, skip)
            x = layers.Concatenate(name=f"{name}.concat")([x, skip])
        x = _block(x, width, level > 1 or last_doubling, f"{name}.block")
    x = Convolution(num_classes, 1, dtype="float32", name="final_conv")(x)
    if last_doubling:
        x = BilinearUpsampling(2, dtype="float32", name="final_upsampling")(x)
    return ResizeLike(dtype="float32", name="final_resize")(x, image)


def _block(x, width, doubles, name):
    if doubles:
        x = BilinearUpsampling(2, name=f"{name}.0")(x)
    first = int(doubles)
    for number in (first, first + 3):
        x = Convolution(width, 3, padding="same", name=f"{name}.{number}")(x)
        norm = f"{name}.{number + 1}"
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=norm)(x)
        x = layers.Activation("relu", name=f"{name}.{number + 2}")(x)
    return x
