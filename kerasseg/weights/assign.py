"""Tensors from a file go to the layers of the same name, every one accounted for."""

import logging
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from kerasseg import encoders

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """What became of a file of weights.

    Args:
        used: Tensors now in the model, as `layer/variable`.
        unused: Tensors of the file for which the model has no layer, such as the
            classifier that the encoder was trained with.
        missing: Variables of the model that keep their random start: the decoder's,
            if the file holds an encoder.
    """

    used: tuple[str, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]


def assign(
    model: keras.Model,
    tensors: dict[str, np.ndarray],
    path: Path,
    encoder: encoders.Names,
) -> Loaded:
    """Give a model the tensors of a file.

    Args:
        model: The model.
        tensors: By `layer/variable`, in the layout of Keras.
        path: The file, for messages.
        encoder: The name of the encoder, or of several, all of whose variables must be
            in the file.

    Raises:
        ValueError: If the encoder is not complete in the file, or a shape differs.
            Then the model is as it was.
    """
    found = variables(model)
    used = [name for name in found if name in tensors]
    missing = tuple(name for name in found if name not in tensors)
    _check_complete(missing, path, encoder)
    adapted = encoders.band_layers(encoder)
    values = {
        name: (
            adapt_bands(tensors[name], found[name].shape)
            if name.partition("/")[0] in adapted
            else tensors[name]
        )
        for name in used
    }
    _check_shapes(values, found, path)
    for name, value in values.items():
        found[name].assign(value)
    unused = tuple(name for name in tensors if name not in found)
    _log.info("%s: %d tensors used, unused: %s", path, len(used), list(unused))
    return Loaded(tuple(used), unused, missing)


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the weights of a model's layers by `layer/variable`."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in model.layers
        for variable in layer.weights
        if "seed" not in variable.name
    }


def adapt_bands(tensor: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Fit weights for red, green and blue to any number of bands.

    Args:
        tensor: A kernel `(h, w, 3, width)`, or one number per band, `(3,)`.
        shape: The shape that is wanted.

    Returns:
        The slices in turn, a kernel scaled by 3 / bands, or summed for one band. The
        tensor as it is, if it was not made for three bands.

    Source:
        The rule for kernels is that of timm (Apache-2.0) and of
        segmentation_models.pytorch (MIT).
    """
    axis = 2 if tensor.ndim == 4 else 0
    bands = shape[axis] if len(shape) == tensor.ndim else 3
    if tensor.shape[axis] != 3 or bands == 3:
        return tensor
    if tensor.ndim == 4 and bands == 1:
        return tensor.sum(axis=axis, keepdims=True)
    taken = np.take(tensor, np.arange(bands) % 3, axis=axis)
    return taken * (3 / bands) if tensor.ndim == 4 else taken


def _check_complete(
    missing: tuple[str, ...], path: Path, encoder: encoders.Names
) -> None:
    lost = [n for n in missing if encoders.owns(encoder, n.partition("/")[0])]
    if lost:
        raise ValueError(
            f"{path}: {len(lost)} of the weights of "
            f"{' and '.join(encoders.listed(encoder))} are not in it, such as "
            f"{lost[0]}. Give a file made for this encoder, or null."
        )


def _check_shapes(values: dict, variables: dict, path: Path) -> None:
    wrong = [n for n, value in values.items() if value.shape != variables[n].shape]
    if wrong:
        name = wrong[0]
        raise ValueError(
            f"{path}: {name} has the shape {values[name].shape} where the model has "
            f"{tuple(variables[name].shape)}. Build the model with the widths and "
            "classes of the file, or give another file."
        )
