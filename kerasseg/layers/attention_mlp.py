"""What follows the temporal attention at each pixel: a small network and a norm."""

import keras

from kerasseg.layers.batch_norm import BatchNorm
from kerasseg.layers.frame_norm import FrameNorm


def layers(widths, groups, dropout, *, crop2seg):
    """Make the layers, with the names of the published code, for maps `(N, 1, 1, C)`.

    Args:
        widths: Of each layer: linear, batch normalised, ReLU.
        groups: Of the group normalisation in the end.
        dropout: Share of the values dropped in training after the last layer.
        crop2seg: Whether the modules are numbered as in Crop2Seg, where dropout
            follows each layer.

    Returns:
        Layers to be called one after the other.
    """
    step, norm = (6, 2) if crop2seg else (3, 1)
    found = []
    for index, width in enumerate(widths):
        first = step * index
        found += [
            keras.layers.Dense(width, name=f"mlp.{first}", dtype="float32"),
            BatchNorm(name=f"mlp.{first + norm}", dtype="float32"),
        ]
        if crop2seg or index == len(widths) - 1:
            drop = keras.layers.Dropout(
                dropout, name=f"dropout.{index}", dtype="float32"
            )
            found.append(drop)
    return [*found, FrameNorm(groups, relu=False, name="out_norm", dtype="float32")]
