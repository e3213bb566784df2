"""Estimate what a model costs before it runs."""

import math
from collections.abc import Sequence

import keras


def trainable(model: keras.Model) -> int:
    """Count the numbers that training changes."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def training_bytes(model: keras.Model, shape: Sequence[int]) -> int:
    """Estimate the memory of one training step, in bytes.

    Counted are weights, gradients and two moments of the optimizer, and every
    layer's output once for the way back; what a compiler merges or a convolution
    borrows is not. The truth lies mostly between 0.7 and 1.5 times this.

    Args:
        model: A functional model.
        shape: `(B, H, W, C)` of its input.
    """
    width = 2 if keras.config.dtype_policy().compute_dtype == "bfloat16" else 4
    return 16 * model.count_params() + width * _outputs(model, tuple(shape))


def _outputs(model: keras.Model, shape: tuple[int, ...]) -> int:
    """Count the numbers that the layers of a functional model put out.

    The layers are called once more on a symbolic input of that very shape.
    """
    sizes = 0

    def count(layer, *inputs, **options):
        nonlocal sizes
        outputs = layer(*inputs, **options)
        if isinstance(layer, keras.Model):
            sizes += _outputs(layer, keras.tree.flatten(inputs)[0].shape)
        else:
            flat = keras.tree.flatten(outputs)
            sizes += sum(math.prod(output.shape) for output in flat)
        return outputs

    inputs = keras.tree.map_structure(
        lambda tensor: keras.Input(
            batch_shape=shape, dtype=tensor.dtype, name=tensor.name
        ),
        model.input,
    )
    keras.models.clone_model(
        model, inputs, clone_function=lambda layer: layer, call_function=count
    )
    return sizes
