"""Estimate what a model costs before it runs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras


def trainable(model: keras.Model) -> int:
    """Count the numbers that training changes."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def training_bytes(model: keras.Model, shapes: Mapping[str, Sequence[int]]) -> int:
    """Estimate the memory of one training step, in bytes.

    Counted are weights, gradients and two moments of the optimizer, and every
    layer's output once for the way back; what a compiler merges, a convolution
    borrows or a layer keeps inside is not. The truth lies mostly between 0.7 and 1.5
    times this.

    Args:
        model: A functional model.
        shapes: Of each of its inputs, such as `(B, H, W, C)`.
    """
    return 16 * model.count_params() + outputs_bytes(model, shapes)


def outputs_bytes(model: keras.Model, shapes: Mapping[str, Sequence[int]]) -> int:
    """Add up what all layers put out, in bytes: more than a prediction ever holds.

    Args:
        model: A functional model.
        shapes: Of each of its inputs, such as `(B, H, W, C)`.
    """
    width = 2 if keras.config.dtype_policy().compute_dtype == "bfloat16" else 4
    inputs = {
        name: keras.KerasTensor(tuple(shapes[name]), tensor.dtype)
        for name, tensor in model.input.items()
    }
    return width * _outputs(model, inputs)


def _outputs(model: keras.Model, given: Any) -> int:
    """Count the numbers that the layers of a functional model put out.

    The layers are called once more on symbolic inputs of the shapes of those given.
    """
    sizes = 0

    def count(layer, *inputs, **options):
        nonlocal sizes
        outputs = layer(*inputs, **options)
        if isinstance(layer, keras.Model):
            sizes += _outputs(layer, inputs[0])
        else:
            flat = keras.tree.flatten(outputs)
            sizes += sum(math.prod(output.shape) for output in flat)
        return outputs

    inputs = keras.tree.map_structure(
        lambda tensor, like: keras.Input(
            batch_shape=like.shape, dtype=tensor.dtype, name=tensor.name
        ),
        model.input,
        given,
    )
    keras.models.clone_model(
        model, inputs, clone_function=lambda layer: layer, call_function=count
    )
    return sizes
