"""Weights with the names and the layout of PyTorch."""

from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kerasseg.weights.torch_archive import read_archive

NORM_NAMES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
"""What the tensors of a normalisation are called in Keras."""


def read_torch(path: Path, model: keras.Model) -> dict[str, np.ndarray]:
    """Read every tensor, as `layer/variable` in the layout of Keras.

    A layer is named by its path in PyTorch, without the `encoder.` of
    segmentation_models.pytorch or the `module.` of a parallel run.

    Args:
        path: A `.safetensors` file or a PyTorch archive.
        model: Tells which tensors belong to a normalisation. Those of no layer keep
            their names and layouts.

    Raises:
        ValueError: If the file cannot be read.
    """
    if path.suffix.lower() != ".safetensors":
        return convert(read_archive(path), model)
    try:
        return convert(load_file(path), model)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: not a safetensors file ({error}).") from None


def convert(
    tensors: dict[str, np.ndarray], model: keras.Model
) -> dict[str, np.ndarray]:
    """Give tensors of PyTorch the names and layouts of a model's layers.

    Counters of batches have no counterpart in Keras and are left out.
    """
    layers = {layer.name: layer for layer in model.layers}
    converted = {}
    for key, tensor in tensors.items():
        key = key.removeprefix("module.").removeprefix("encoder.")
        layer, _, name = key.rpartition(".")
        if name == "num_batches_tracked":
            continue
        if layer not in layers:
            converted[key] = tensor
        elif hasattr(layers[layer], "gamma"):
            converted[f"{layer}/{NORM_NAMES.get(name, name)}"] = tensor
        else:
            converted[f"{layer}/{'kernel' if name == 'weight' else name}"] = (
                np.transpose(tensor, (2, 3, 1, 0)) if tensor.ndim == 4 else tensor
            )
    return converted
