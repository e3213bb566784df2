"""Published weights become the weights of our models.

`load(model, "imagenet", "preact_resnet18")` fetches and fills the encoder; a path
instead of `"imagenet"` reads a local file. Three formats are read, none of them by
running code from the file:

- `.h5`: the legacy format of Keras, by layer name, as classification_models and
  segmentation_models publish it;
- `.safetensors`: tensors in the layout of PyTorch, from torchvision, timm or a whole
  segmentation_models.pytorch model;
- `.pth`, `.pt`, `.bin`: the same as PyTorch's own archive.
"""

from pathlib import Path

import keras

from kerasseg.weights.assign import Loaded, assign
from kerasseg.weights.fetch import fetch_imagenet
from kerasseg.weights.legacy_h5 import read_h5
from kerasseg.weights.torch_layout import read_torch

__all__ = ["Loaded", "load"]

_READERS = {
    ".h5": read_h5,
    ".hdf5": read_h5,
    ".safetensors": read_torch,
    ".pth": read_torch,
    ".pt": read_torch,
    ".bin": read_torch,
}


def load(model: keras.Model, source: str | Path, encoder: str) -> Loaded:
    """Fill the encoder of a model, and whatever else of it the file holds.

    A first kernel for red, green and blue is adapted to other bands: its slices take
    turns and are scaled by 3 / bands, so that the answers keep their size; for one
    band they are summed.

    Args:
        model: What `models.<name>.build` returns.
        source: `"imagenet"`, or the path of a file.
        encoder: The name of the model's encoder.

    Returns:
        Which tensors were used and which were left over.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is of an unknown kind or does not fit the model.
        OSError: If the weights cannot be fetched.
    """
    imagenet = str(source) == "imagenet"
    path = fetch_imagenet(encoder) if imagenet else Path(source).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"no weights at {path}. Give the path of a .h5 or .safetensors file, "
            "`imagenet`, or null to start from random weights."
        )
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path}: weights of the kind {path.suffix!r} are not read. "
            f"Give one of {', '.join(_READERS)}."
        )
    return assign(model, reader(path, model), path, encoder)
