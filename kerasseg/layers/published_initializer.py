"""The random weights that the published U-TAE family starts from."""

import math

import keras

from kerasseg.layers.batch_norm import BatchNorm


def draw(model: keras.Model) -> None:
    """Give a model new random weights, as the published code does before training.

    Convolutions and dense layers: a normal distribution of Glorot's width, and biases
    of standard deviation 1; convolutions over one date: weights and biases of standard
    deviation 1; batch normalisation: scales of standard deviation 1. Queries have the
    standard deviation `sqrt(2 / d_k)`. Group normalisation starts as usual.

    Unusual as such a start is, it is the one that the published scores come from.

    Args:
        model: A U-TAE, W-TAE or Time-Unet.

    Source:
        `weight_init` of utae-paps, applied to all modules,
        https://github.com/VSainteuf/utae-paps.
    """
    for layer in model._flatten_layers():
        for variable in layer._trainable_variables:
            spread = _spread(layer, variable)
            if spread is not None:
                normal = keras.initializers.RandomNormal(stddev=spread)
                variable.assign(normal(variable.shape, variable.dtype))


def _spread(layer, variable):
    """Return the standard deviation of a variable, `None` where it keeps its start."""
    module, _, leaf = variable.name.rpartition(".")
    if leaf == "Q":
        return math.sqrt(2 / variable.shape[-1])
    if leaf == "gamma":
        batch = isinstance(layer, BatchNorm) or module.startswith("mlp")
        return 1.0 if batch else None
    if leaf == "bias" or module == "inconv":
        return 1.0
    return _glorot(variable.shape) if leaf == "kernel" else None


def _glorot(shape):
    """Fans count the pixels of the kernel; those of PyTorch and of Keras are alike.

    But for a depthwise kernel: `(h, w, C, 1)` here, one input for each of C outputs
    there, which gives the same sum.
    """
    *window, inputs, outputs = shape
    return math.sqrt(2 / ((inputs + outputs) * math.prod(window)))
