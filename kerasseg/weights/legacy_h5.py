"""Weights in the HDF5 format of Keras before version 3, read by layer name."""

from pathlib import Path

import h5py
import keras
import numpy as np


def read_h5(path: Path, model: keras.Model | None = None) -> dict[str, np.ndarray]:
    """Read every tensor, as `layer/variable`: `conv0/kernel`, `bn0/moving_mean`.

    The layers are known by name, not by position, since those without weights carry
    numbers that differ from file to file.

    Args:
        path: The file: weights alone, or a whole model with its weights.
        model: Not needed here; other formats are read with its help.

    Raises:
        ValueError: If it is not such a file.
    """
    try:
        with h5py.File(path) as file:
            root = file.get("model_weights", file)
            return {
                f"{layer}/{_variable(name)}": np.asarray(root[layer][name])
                for layer in _strings(root, "layer_names")
                for name in _strings(root[layer], "weight_names")
            }
    except (OSError, KeyError) as error:
        raise ValueError(
            f"{path}: not Keras weights in the legacy HDF5 format ({error}). "
            "Give a file that has layer names, or a .safetensors file."
        ) from None


def _variable(name: str) -> str:
    return name.rsplit("/", 1)[-1].split(":")[0]


def _strings(group: h5py.Group, name: str) -> list[str]:
    """Read a list of names; a long one is stored in numbered pieces."""
    if name in group.attrs:
        pieces = [group.attrs[name]]
    else:
        pieces, number = [], 0
        while f"{name}{number}" in group.attrs:
            pieces.append(group.attrs[f"{name}{number}"])
            number += 1
        if not pieces:
            raise KeyError(f"{group.name} has no {name}")
    return [
        text.decode() if isinstance(text, bytes) else str(text)
        for piece in pieces
        for text in piece
    ]
