"""Mix Transformer, the encoder of SegFormer: attention to a coarser copy of the map.

Notable:
- patches overlap, so no position needs to be encoded and any size of image will do;
- keys and values come from a map made `reductions` times smaller;
- a depthwise convolution in each block tells pixels of their neighbours.
"""

import re
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.depthwise import DepthwiseConvolution
from kerasseg.layers.drop_path import DropPath
from kerasseg.layers.spatial_attention import SpatialAttention

LAYERS = re.compile(r"(patch_embeddings|block)\.\d+\.[\w.]+|layer_norm\.\d+")
"""The names of the layers with weights."""

BAND_LAYERS = ("patch_embeddings.0.proj",)
"""The layer whose weights have one slice per band."""

_EPSILON = 1e-5
_FAN_OUT = keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")


def pyramid(  # noqa: PLR0913 (each is a list of the published configuration)
    image,
    *,
    depths: Sequence[int],
    widths: Sequence[int],
    heads: Sequence[int] = (1, 2, 5, 8),
    reductions: Sequence[int] = (8, 4, 2, 1),
    mlp_ratios: Sequence[float] = (4, 4, 4, 4),
    patch_sizes: Sequence[int] = (7, 3, 3, 3),
    strides: Sequence[int] = (4, 2, 2, 2),
    drop_path: float = 0.1,
) -> list[keras.KerasTensor]:
    """Turn an image into one map per stage, as published at strides 4, 8, 16 and 32.

    A layer is named by the path of its twin in Hugging Face's `SegformerModel`, below
    `encoder.`, so that the tensors of a checkpoint name their layers.

    Args:
        image: `(B, H, W, C)`, at least `smallest(...)` pixels high and wide.
        depths: Blocks of each stage.
        widths: Channels of each stage, multiples of its heads.
        heads: Heads of the attention of each stage.
        reductions: How many times smaller keys and values are than the map.
        mlp_ratios: How many times wider a block is between its two projections.
        patch_sizes: Kernels of the convolutions that open the stages.
        strides: Their steps. A map has `ceil(size / stride)` pixels.
        drop_path: Share of samples for which the last block's branches are left out
            in training; it grows in a line from 0 at the first block.

    Source:
        Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation
        with Transformers", 2021, https://arxiv.org/abs/2105.15203, as Hugging Face's
        transformers (Apache-2.0) has it: exact GELU, and all normalisations with 1e-5
        (the authors' own code has 1e-6 in most).
    """
    rates = iter(np.linspace(0, drop_path, sum(depths)).tolist())
    maps, x = [], image
    for stage, depth in enumerate(depths):
        x = _embed(x, widths[stage], patch_sizes[stage], strides[stage], stage)
        for index in range(depth):
            name, rate = f"block.{stage}.{index}", next(rates)
            branch = _attend(x, heads[stage], reductions[stage], name)
            x = _add(x, branch, rate, f"{name}.attention.add")
            branch = _mix(x, int(widths[stage] * mlp_ratios[stage]), name)
            x = _add(x, branch, rate, name)
        x = _norm(x, f"layer_norm.{stage}")
        maps.append(x)
    return maps


def smallest(
    reductions: Sequence[int] = (8, 4, 2, 1), strides: Sequence[int] = (4, 2, 2, 2)
) -> int:
    """Return how many pixels an image needs, so that no reduced map is empty."""
    steps = np.cumprod(strides).tolist()
    return max(s * (r - 1) + 1 for s, r in zip(steps, reductions, strict=True))


def _embed(x, width, size, stride, stage):
    name = f"patch_embeddings.{stage}"
    x = layers.ZeroPadding2D(size // 2, name=f"{name}.pad")(x)
    x = Convolution(
        width, size, stride, kernel_initializer=_FAN_OUT, name=f"{name}.proj"
    )(x)
    return _norm(x, f"{name}.layer_norm")


def _attend(x, heads, reduction, name):
    width = x.shape[-1]
    context = x = _norm(x, f"{name}.layer_norm_1")
    name = f"{name}.attention"
    if reduction > 1:
        context = Convolution(
            width,
            reduction,
            reduction,
            kernel_initializer=_FAN_OUT,
            name=f"{name}.self.sr",
        )(context)
        context = _norm(context, f"{name}.self.layer_norm")
    query = _dense(x, width, f"{name}.self.query")
    key = _dense(context, width, f"{name}.self.key")
    value = _dense(context, width, f"{name}.self.value")
    found = SpatialAttention(heads, name=f"{name}.self")(query, key, value)
    return _dense(found, width, f"{name}.output.dense")


def _mix(x, inner_width, name):
    width = x.shape[-1]
    x = _norm(x, f"{name}.layer_norm_2")
    x = _dense(x, inner_width, f"{name}.mlp.dense1")
    x = DepthwiseConvolution(
        3,
        padding="same",
        depthwise_initializer=_FAN_OUT,
        name=f"{name}.mlp.dwconv.dwconv",
    )(x)
    x = layers.Activation("gelu", name=f"{name}.mlp.gelu")(x)
    return _dense(x, width, f"{name}.mlp.dense2")


def _add(x, branch, rate, name):
    if rate:
        branch = DropPath(rate, name=f"{name}.drop_path")(branch)
    return layers.Add(name=name)([x, branch])


def _norm(x, name):
    return layers.LayerNormalization(epsilon=_EPSILON, name=name)(x)


def _dense(x, width, name):
    normal = keras.initializers.TruncatedNormal(stddev=0.02)
    return layers.Dense(width, kernel_initializer=normal, name=name)(x)
