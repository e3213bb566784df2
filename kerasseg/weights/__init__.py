"""Published weights become the weights of our models.

`load(model, "imagenet", "preact_resnet18")` fetches and fills the encoder; a path
instead of `"imagenet"` reads a local file. Three formats are read, none of them by
running code from the file:

- `.h5`: the legacy format of Keras, by layer name, as classification_models and
  segmentation_models publish it;
- `.safetensors`: tensors in the layout of PyTorch, from torchvision, timm, Hugging
  Face's SegFormer, or a whole model of segmentation_models.pytorch;
- `.pth`, `.pt`, `.bin`: the same as PyTorch's own archive.
"""

from collections.abc import Sequence
from pathlib import Path

import keras

from kerasseg import encoders
from kerasseg.encoders import hub
from kerasseg.weights import hub_preset
from kerasseg.weights.assign import Loaded, assign, variables
from kerasseg.weights.fetch import fetch_imagenet
from kerasseg.weights.legacy_h5 import read_h5
from kerasseg.weights.torch_layout import read_torch

__all__ = ["Loaded", "load"]

_IN_FOLDERS = ("model.safetensors", "pytorch_model.bin")
"""What Hugging Face calls the file of weights."""

_READERS = {
    ".h5": read_h5,
    ".hdf5": read_h5,
    ".safetensors": read_torch,
    ".pth": read_torch,
    ".pt": read_torch,
    ".bin": read_torch,
}


Source = str | Path | None


def load(
    model: keras.Model, source: Source | Sequence[Source], encoder: encoders.Names
) -> Loaded:
    """Fill the encoder of a model, and whatever else of it the file holds.

    A first kernel for red, green and blue is adapted to other bands: its slices take
    turns and are scaled by 3 / bands, so that the answers keep their size; for one
    band they are summed.

    Args:
        model: What `models.<name>.build` returns.
        source: `"imagenet"`, or the path of a file, or of a folder as Hugging Face
            has them, with `model.safetensors` or `pytorch_model.bin`. For a model of
            several encoders also a list with one for each, `None` for random weights.
            `"imagenet"` of a backbone of KerasHub means the weights of its preset.
        encoder: The name of the model's encoder, or a list of them.

    Returns:
        Which tensors were used and which were left over.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is of an unknown kind or does not fit the model, or
            there is not one source for each encoder.
        OSError: If the weights cannot be fetched.
    """
    parts = encoders.listed(encoder)
    backbones = [part for part in parts if part.startswith(hub.PREFIX)]
    if isinstance(source, str | Path):
        if str(source) != "imagenet" and not backbones:
            return _load(model, Path(source).expanduser(), encoder)
        source = [source] * len(parts)
    if len(source) != len(parts):
        raise ValueError(
            f"weights: {len(source)} sources for {len(parts)} encoders. Give one for "
            "each, null for random weights."
        )
    loaded = [
        _load_part(model, each, part)
        for each, part in zip(source, parts, strict=True)
        if each is not None
    ]
    used = tuple(name for each in loaded for name in each.used)
    unused = tuple(name for each in loaded for name in each.unused)
    missing = [set(each.missing) for each in loaded]
    lost = tuple(name for name in variables(model) if all(name in m for m in missing))
    return Loaded(used, unused, lost)


def _load_part(model: keras.Model, source: str | Path, encoder: str) -> Loaded:
    """Fill one encoder of a model."""
    imagenet = str(source) == "imagenet"
    if encoder.startswith(hub.PREFIX):
        if not imagenet:
            raise ValueError(
                f"weights {str(source)!r} for {encoder}: the weights of a backbone of "
                "KerasHub are those of its preset. Give 'imagenet' to load them, or "
                "null."
            )
        return hub_preset.load(model, encoder)
    path = fetch_imagenet(encoder) if imagenet else Path(source).expanduser()
    return _load(model, path, encoder)


def _load(model: keras.Model, path: Path, encoder: encoders.Names) -> Loaded:
    path = _in_folder(path) if path.is_dir() else path
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


def _in_folder(folder: Path) -> Path:
    for name in _IN_FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"no weights in the folder {folder}: neither {' nor '.join(_IN_FOLDERS)}. Give "
        "the path of the file itself."
    )
