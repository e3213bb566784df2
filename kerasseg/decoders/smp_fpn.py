"""The feature pyramid decoder of segmentation_models.pytorch."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.resize import BilinearUpsampling

_GROUPS = 32


def decode(
    maps: Sequence[keras.KerasTensor],
    num_classes: int,
    *,
    widths: Sequence[int] = (256, 128),
    aggregation: str = "sum",
    dropout: float = 0.2,
) -> keras.KerasTensor:
    """Carry the coarse maps down to the fine ones and segment from four of them.

    The pyramid lives at strides 32, 16, 8 and 4; the branches meet at stride 4 and
    the logits are enlarged four times.

    Args:
        maps: Maps at strides 2, 4, 8, 16 and 32; the first is not used.
        num_classes: Number of logits per pixel.
        widths: Channels of the pyramid, and of the branches that segment; the latter
            a multiple of 32, the groups of their normalisation.
        aggregation: How the branches join: `"concat"` or `"sum"`.
        dropout: Share of the joined channels left out in training.

    Raises:
        ValueError: If the second width is not a multiple of 32.

    Source:
        Kirillov et al., "Panoptic Feature Pyramid Networks", 2019,
        https://arxiv.org/abs/1901.02446, in the layout of
        segmentation_models.pytorch 0.6.0 (MIT),
        https://github.com/qubvel-org/segmentation_models.pytorch.
    """
    pyramid_width, segmentation_width = widths
    if segmentation_width % _GROUPS:
        raise ValueError(
            f"fpn: segmentation width {segmentation_width} does not divide into "
            f"{_GROUPS} groups. Give a multiple of {_GROUPS} as second of `widths`."
        )
    _, *skips, x = maps
    x = Convolution(pyramid_width, 1, name="decoder.p5")(x)
    branches = [_branch(x, segmentation_width, 3)]
    for level, skip in zip((4, 3, 2), skips[::-1], strict=True):
        x = _merge(x, skip, f"decoder.p{level}")
        branches.append(_branch(x, segmentation_width, level - 2))
    join = layers.Concatenate if aggregation == "concat" else layers.Add
    x = join(name="decoder.merge")(branches)
    if dropout:
        x = layers.SpatialDropout2D(dropout, name="decoder.dropout")(x)
    x = Convolution(num_classes, 1, dtype="float32", name="segmentation_head.0")(x)
    return BilinearUpsampling(
        4, align_corners=True, dtype="float32", name="segmentation_head.1"
    )(x)


def _merge(x, skip, name):
    skip = Convolution(x.shape[-1], 1, name=f"{name}.skip_conv")(skip)
    x = layers.UpSampling2D(2, name=f"{name}.upsample")(x)
    return layers.Add(name=name)([x, skip])


def _branch(x, width, doublings):
    """Convolve once and, `doublings` times, convolve and double the size."""
    for block in range(max(doublings, 1)):
        name = f"decoder.seg_blocks.{3 - doublings}.block.{block}"
        x = Convolution(
            width,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_uniform",
            name=f"{name}.block.0",
        )(x)
        norm = f"{name}.block.1"
        x = layers.GroupNormalization(_GROUPS, epsilon=1e-5, name=norm)(x)
        x = layers.Activation("relu", name=f"{name}.block.2")(x)
        if doublings:
            upsample = f"{name}.upsample"
            x = BilinearUpsampling(2, align_corners=True, name=upsample)(x)
    return x
