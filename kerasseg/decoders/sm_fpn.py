"""The feature pyramid decoder of segmentation_models."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.convolutions import conv_block
from kerasseg.layers.resize import BilinearUpsampling


def decode(
    maps: Sequence[keras.KerasTensor],
    num_classes: int,
    *,
    widths: Sequence[int] = (256, 128),
    aggregation: str = "concat",
    dropout: float = 0.0,
) -> keras.KerasTensor:
    """Carry the coarse maps down to the fine ones and segment from all of them.

    The pyramid lives at strides 16, 8, 4 and 2, twice as fine as in the paper.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32. Where one is `None`, the pyramid
            goes on without it.
        num_classes: Number of logits per pixel.
        widths: Channels of the pyramid, and of the branches that segment.
        aggregation: How the branches join: `"concat"` or `"sum"`.
        dropout: Share of the joined channels left out in training.

    Source:
        Lin et al., "Feature Pyramid Networks for Object Detection", 2017,
        https://arxiv.org/abs/1612.03144, in the layout of segmentation_models 1.0.1
        (MIT), https://github.com/qubvel/segmentation_models. Ours ends with logits.
    """
    pyramid_width, segmentation_width = widths
    *skips, x = maps
    branches = []
    for level, skip in zip((5, 4, 3, 2), skips[::-1], strict=True):
        x = _merge(x, skip, pyramid_width, f"fpn_stage_p{level}")
        branches.append(_branch(x, segmentation_width, level))
    join = layers.Concatenate if aggregation == "concat" else layers.Add
    x = join(name=f"aggregation_{aggregation}")(branches[::-1])
    if dropout:
        x = layers.SpatialDropout2D(dropout, name="pyramid_dropout")(x)
    x = conv_block(x, segmentation_width, "final_stage")
    x = BilinearUpsampling(2, name="final_upsampling")(x)
    return Convolution(
        num_classes, 3, padding="same", dtype="float32", name="head_conv"
    )(x)


def _merge(x, skip, width, name):
    if x.shape[-1] != width:
        x = _project(x, width, f"{name}_pre_conv")
    x = layers.UpSampling2D(2, name=f"{name}_upsampling")(x)
    if skip is None:
        return x
    return layers.Add(name=f"{name}_add")([x, _project(skip, width, f"{name}_conv")])


def _project(x, width, name):
    return Convolution(width, 1, kernel_initializer="he_uniform", name=name)(x)


def _branch(x, width, level):
    for half in "ab":
        x = conv_block(x, width, f"segm_stage{level}{half}")
    if level == 2:
        return x
    return layers.UpSampling2D(2 ** (level - 2), name=f"upsampling_stage{level}")(x)
