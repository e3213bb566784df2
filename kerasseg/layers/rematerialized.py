"""Blocks that forget what is inside them, and compute it again for the gradient."""

import keras


@keras.saving.register_keras_serializable(package="kerasseg")
class Rematerialized(keras.Model):
    """A functional model whose inner maps are not kept for the gradient.

    It computes what the same layers compute without it. A training step needs the
    memory of its input and output instead of every map in between, and computes the
    maps a second time. Its layers must have no state that a call changes: no running
    statistics, no dropout.
    """

    def call(self, inputs, training=None, mask=None):
        inner = super().call

        def compute(inputs):
            return inner(inputs, training=training)

        return keras.remat(compute)(inputs)
