"""Weights with the names and the layout of PyTorch."""

from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kerasseg.weights import torch_names
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
    segmentation_models.pytorch or the `segformer.encoder.` of Hugging Face; see
    `torch_names`.

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
    modules = _modules(model)
    converted = {}
    for key, tensor in tensors.items():
        key = torch_names.short(key)
        module, _, name = key.rpartition(".")
        if name == "num_batches_tracked":
            continue
        if module not in modules:
            converted[key] = tensor
            continue
        layer, inner = modules[module]
        if hasattr(layer, "gamma"):
            name = NORM_NAMES.get(name, name)
        elif name == "weight":
            name, tensor = "kernel", _turned(tensor, layer)
        converted[f"{layer.name}/{inner}{name}"] = tensor
    return converted


def _modules(model: keras.Model) -> dict[str, tuple[keras.layers.Layer, str]]:
    """Find, for the path of each module in PyTorch, its layer and what is below it.

    A layer that stands for several modules calls its variables by the paths below its
    own: `linear_fuse.kernel` of `decode_head`.
    """
    found = {}
    for layer in model.layers:
        found[layer.name] = (layer, "")
        for variable in layer.weights:
            inner = variable.name.rpartition(".")[0]
            if inner:
                found[f"{layer.name}.{inner}"] = (layer, f"{inner}.")
    return found


def _turned(tensor: np.ndarray, layer: keras.layers.Layer) -> np.ndarray:
    """Put the axes of a kernel in the order of Keras."""
    if tensor.ndim == 2:  # a dense layer
        return tensor.transpose()
    if tensor.ndim != 4:
        return tensor
    # A transposed convolution is (in, out, h, w) there and (h, w, out, in) here.
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    return tensor.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
