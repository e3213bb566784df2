"""Several encoders side by side: their maps of each size become one."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution


def fuse(pyramids: Sequence[Sequence]) -> list[keras.KerasTensor | None]:
    """Join the maps of each stride and mix their channels with a 1 x 1 convolution.

    Args:
        pyramids: For each encoder its maps at strides 2 to 32, `None` where it has
            none. A map that one encoder alone has passes as it is.

    Returns:
        Maps at the same strides, with the channels that the first encoder has there.

    Source:
        The hybrid of ResNet34 and SegFormer in ProyectoSatelites, whose convolutions
        `fuse1` to `fuse4` are called so here.
    """
    fused = []
    for level, maps in enumerate(zip(*pyramids, strict=True)):
        present = [each for each in maps if each is not None]
        if len(present) < 2:
            fused.append(present[0] if present else None)
            continue
        joined = layers.Concatenate(name=f"fuse{level}.concat")(present)
        fused.append(Convolution(present[0].shape[-1], 1, name=f"fuse{level}")(joined))
    return fused
