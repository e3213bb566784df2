"""The work of our series models, counted from their layers.

Two operations for each product in a convolution or a product of matrices; what
normalises, activates or moves is left out. Convolutions that are computed a second time
to save memory count once.
"""

from functools import singledispatch
from itertools import pairwise
from math import prod

import keras

from kerasseg.layers.dilated_blocks import DilatedBlocks
from kerasseg.layers.temporal_attention import TemporalAttention
from kerasseg.layers.temporal_transformer import TemporalTransformer


def count(model, shape, task: str) -> float:
    """Count for a batch of `shape`, `(B, T, H, W, C)`.

    A train step does the forward work three times over, but has no gradient of the
    image.
    """
    fixed = {
        "image": keras.Input(batch_shape=shape, name="image"),
        "days": keras.Input(
            batch_shape=shape[:2], name="days", dtype=model.input["days"].dtype
        ),
    }
    clone = keras.models.clone_model(model, input_tensors=fixed)
    total = float(sum(work(layer) for layer in clone.layers))
    if task != "train":
        return total
    kernels = (w for layer in clone.layers for w in layer.weights if w.shape[2:])
    return 3 * total - 2.0 * prod(shape[:4]) * prod(next(kernels).shape)


@singledispatch
def work(layer) -> float:
    """Count the forward work of one layer."""
    return 0


@work.register
def _(layer: keras.layers.Conv2D):
    return 2 * prod(layer.output.shape[:3]) * prod(layer.kernel.shape)


@work.register
def _(layer: keras.layers.Conv2DTranspose):
    return 2 * prod(layer.input.shape[:3]) * prod(layer.kernel.shape)


@work.register
def _(layer: keras.layers.DepthwiseConv2D):
    return 2 * prod(layer.output.shape[:3]) * prod(layer.kernel.shape)


@work.register
def _(layer: DilatedBlocks):
    kernels = [w for w in layer.trainable_weights if w.name == "kernel"]
    return 2 * prod(layer.output.shape[:4]) * sum(prod(k.shape) for k in kernels)


@work.register
def _(layer: TemporalTransformer):
    batch, dates, height, width, channels = layer.input[0].shape
    each = 4 * channels**2 + 2 * channels * layer.feedforward + 2 * dates * channels
    return 2 * batch * dates * height * width * layer.layers * each


@work.register
def _(layer: TemporalAttention):
    batch, dates, height, width, channels = layer.input[0].shape
    embedding = layer.model_width or channels
    each = 2 * channels * layer.heads + embedding  # scores, means, positions
    if layer.answer == "attention":
        each, embedding = channels * layer.heads, 0
    widths = [embedding, *layer.mlp] if embedding else []
    after = channels * embedding
    after += sum(a * b for a, b in pairwise(widths))
    return 2 * batch * height * width * (dates * each + after)
