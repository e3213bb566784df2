"""SegFormers of Hugging Face become models of kerasseg, and go back.

A checkpoint is a folder with `config.json` and `model.safetensors` (or several of
these with an index, or `pytorch_model.bin`), and mostly `preprocessor_config.json`.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import save_file

from kerasseg import artifact
from kerasseg.convert import segformer_config, tensors, verifying
from kerasseg.convert.checkpoint import Summary, read
from kerasseg.layers.normalized_difference import NormalizedDifference
from kerasseg.models import segformer
from kerasseg.weights import torch_names

_CONFIG, _TENSORS, _PIXELS = (
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
)
_INDEX, _OLD = "model.safetensors.index.json", "pytorch_model.bin"


def run(folder: Path, destination: Path) -> Summary:
    """Convert a SegFormer of Hugging Face to a model that `kerasseg` reads.

    It answers at the size of the image, where the published code answers at a quarter
    and leaves the bilinear enlargement to the caller. Every tensor must find its place
    and every variable its tensor; the saved file is loaded again and compared.

    Args:
        folder: The checkpoint. Its `preprocessor_config.json`, if there is one, tells
            how pixels are normalised; without it the model wants normalised ones.
        destination: The `.keras` file to write.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not what it should be, or they do not fit each other.
    """
    if destination.suffix != ".keras":
        raise ValueError(
            f"{destination}: a model is saved with the ending .keras. Name it so."
        )
    whole, number = _assembled(folder)
    verifying.save(whole, destination, folder)
    return Summary(destination, number, verifying.num_parameters(whole))


def back(model: Path, folder: Path) -> Summary:
    """Write a SegFormer as Hugging Face's `from_pretrained` reads it.

    Bands and legend, which its configuration has no place for, stand in it under
    `kerasseg`, so that nothing is lost on the way back. The folder is read again and
    compared before it gets its name.

    Args:
        model: The `.keras` file.
        folder: The folder to make.

    Raises:
        FileNotFoundError: If there is no such model.
        FileExistsError: If something is in the folder already.
        ValueError: If the model is no SegFormer, or makes indices of its bands.
    """
    whole = artifact.load(model)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists already. Give a new folder.")
    pixels = _pixels(whole, model)
    try:
        config = segformer_config.describe(
            whole, artifact.bands(whole), artifact.legend(whole)
        )
    except LookupError:
        raise ValueError(
            f"{model}: the model is no SegFormer. Give one that `models.segformer` "
            "built."
        ) from None
    state = {_published(key): value for key, value in tensors.state(whole).items()}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place) / "checkpoint"
        made.mkdir()
        save_file(state, made / _TENSORS, metadata={"format": "pt"})
        for name, content in ((_CONFIG, config), (_PIXELS, pixels)):
            (made / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
        verifying.compare(whole, _assembled(made)[0], folder)
        os.replace(made, folder)
    return Summary(folder, len(state), verifying.num_parameters(whole))


def _assembled(folder: Path) -> tuple[keras.Model, int]:
    """Return the model that a folder holds, and how many tensors it is made of."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no folder at {folder}. Give the folder of a checkpoint, with {_CONFIG} "
            f"and {_TENSORS}."
        )
    config = segformer_config.parse(_json(folder / _CONFIG), folder / _CONFIG)
    mean, std = _normalization(folder / _PIXELS, len(config.bands))
    state = _state(folder)
    try:
        model = segformer.build(
            len(config.bands), config.legend.num_classes, **config.options
        )
    except ValueError as error:
        raise ValueError(f"{folder / _CONFIG}: {error}") from None
    cure = f"Give the {_CONFIG} that belongs to it."
    verifying.fill(model, state, folder, cure)
    whole = artifact.assemble(model, config.bands, mean, std, config.legend)
    return whole, len(state)


def _state(folder: Path) -> dict[str, np.ndarray]:
    """Read all tensors, by the names of our layers, as float32."""
    if (folder / _INDEX).is_file():
        parts = sorted(set(_json(folder / _INDEX)["weight_map"].values()))
        paths = [folder / part for part in parts]
    else:
        found = [folder / name for name in (_TENSORS, _OLD)]
        paths = [next((path for path in found if path.is_file()), found[0])]
    state = {key: value for path in paths for key, value in read(path).items()}
    return {
        torch_names.short(key): value.astype(np.float32)
        if value.dtype.kind != "i"
        else value
        for key, value in state.items()
    }


def _published(key: str) -> str:
    """Name a tensor as Hugging Face does."""
    return key if key.startswith("decode_head.") else f"segformer.encoder.{key}"


def _normalization(path: Path, bands: int) -> tuple[list[float], list[float]]:
    """Return mean and std of each band, in stored units."""
    if not path.is_file():
        return [0.0] * bands, [1.0] * bands
    content = _json(path)
    factor = content.get("rescale_factor", 1 / 255)
    factor = factor if content.get("do_rescale", True) else 1.0
    mean, std = ([0.0] * bands, [1.0] * bands)
    if content.get("do_normalize", True):
        mean, std = (
            content.get(name, default)
            for name, default in (("image_mean", _MEAN), ("image_std", _STD))
        )
    if len(mean) != bands or len(std) != bands:
        raise ValueError(
            f"{path}: {len(mean)} means and {len(std)} stds for {bands} bands. Correct "
            "it, or take it away: then the model wants normalised pixels."
        )
    return [value / factor for value in mean], [value / factor for value in std]


_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What transformers takes where nothing is said."""


def _pixels(whole: keras.Model, path: Path) -> dict[str, Any]:
    """Return the `preprocessor_config.json` of a model."""
    if any(isinstance(layer, NormalizedDifference) for layer in whole.layers):
        raise ValueError(
            f"{path}: the model makes indices of its bands, which Hugging Face's does "
            "not. Train it without `training.indices`."
        )
    mean, std = artifact.normalization(whole)
    return {
        "image_processor_type": "SegformerImageProcessor",
        "do_resize": False,
        "do_rescale": False,
        "do_normalize": True,
        "image_mean": list(mean),
        "image_std": list(std),
        "do_reduce_labels": False,
    }


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"no {path.name} at {path.parent}. Give the whole folder of the checkpoint."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}). Copy it again.") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: not a mapping of names. Copy it again.")
    return content
