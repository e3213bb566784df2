"""Blocks that see a few maps at a time, and forget what is inside them."""

import keras
from keras import ops

from kerasseg.layers.in_chunks import layers_in_chunks

_PIXELS_AT_ONCE = 2**15
"""About what still fits the caches of a processor, at 64 channels."""


@keras.saving.register_keras_serializable(package="kerasseg")
class Rematerialized(keras.Model):
    """A functional model of single maps that is applied to a few of them at a time.

    It computes what the same layers compute without it. Maps in between are kept for a
    few images only, near the processor, and computed a second time for the gradient,
    but for the results of the larger convolutions, which are remembered. So its layers
    must see each image by itself and have no state that a call changes: no running
    statistics, no dropout.
    """

    def call(self, inputs, training=None, mask=None):
        inner = super().call

        def compute(images, start, constants):
            return inner(images, training=training)

        _, height, width, _ = ops.shape(inputs)
        pixels = height * width
        size = (
            max(1, _PIXELS_AT_ONCE // pixels)
            if isinstance(pixels, int)
            else ops.maximum(1, _PIXELS_AT_ONCE // pixels)
        )
        return layers_in_chunks(
            compute, inputs, self.variables, size=size, keep=bool(training)
        )
