"""Backbones of KerasHub as encoders: `keras_hub:PRESET`.

KerasHub is an extra, `pip install "kerasseg[hub]"`, for it brings TensorFlow along. It
is imported when a model names one of its presets, and not before.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

PREFIX = "keras_hub:"
STRIDES = (2, 4, 8, 16, 32)

LAYERS = re.compile(r"(?!)")
"""No layer by name: a backbone is one layer of the model, filled from its preset."""

BAND_LAYERS = ()

_TRIED = 256  # pixels; any multiple of 32 tells the strides


def pyramid(image, name: str) -> list[keras.KerasTensor | None]:
    """Turn an image into the maps of a backbone at strides 2, 4, 8, 16 and 32.

    Args:
        image: `(B, H, W, C)`, H and W multiples of 32.
        name: `keras_hub:`, then a preset or the folder of one.

    Returns:
        The maps, `None` at a stride where the backbone has none.

    Raises:
        ValueError: If KerasHub is not installed, there is no such preset, or it is no
            backbone for images of any size.
    """
    backbone = _open(name, image.shape[-1])
    outputs = list(backbone.pyramid_outputs.values())
    features = keras.Model(backbone.input, outputs, name=layer_name(name))
    shapes = features.compute_output_shape((1, _TRIED, _TRIED, image.shape[-1]))
    maps = dict(
        zip([_TRIED // shape[1] for shape in shapes], features(image), strict=True)
    )
    if STRIDES[-1] not in maps:
        raise ValueError(
            f"encoder {name!r}: its maps have the strides {sorted(maps)}. Choose a "
            "backbone that ends at stride 32."
        )
    return [maps.get(stride) for stride in STRIDES]


def layer_name(name: str) -> str:
    """Return the name of the layer that a backbone is in a model."""
    return re.sub(r"\W+", "_", name)


def published(name: str) -> list[keras.Variable]:
    """Return the weights of a preset, in the order of the layer's.

    Raises:
        ValueError: If the preset cannot be read.
    """
    backbone = _preset(name, load_weights=True)
    outputs = list(backbone.pyramid_outputs.values())
    return keras.Model(backbone.input, outputs).weights


def statistics(name: str) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return mean and std that a preset normalises 8-bit RGB with, if it says so."""
    library = _library(name)
    try:
        converter = library.layers.ImageConverter.from_preset(_place(name))
    except (ValueError, FileNotFoundError):
        return None
    scale = 1.0 if converter.scale is None else converter.scale
    offset = 0.0 if converter.offset is None else converter.offset
    scale, offset = (np.broadcast_to(value, 3) for value in (scale, offset))
    return tuple((-offset / scale).tolist()), tuple((1 / scale).tolist())


def _open(name: str, bands: int) -> Any:
    """Build a backbone for any size and number of bands, with random weights."""
    backbone = _preset(name, load_weights=False)
    config = {**backbone.get_config(), "image_shape": (None, None, bands)}
    try:
        return type(backbone).from_config(config)
    except (TypeError, ValueError):
        raise ValueError(
            f"encoder {name!r}: {type(backbone).__name__} is not made for images of "
            "any size. Choose another preset."
        ) from None


def _preset(name: str, *, load_weights: bool) -> Any:
    library = _library(name)
    try:
        backbone = library.models.Backbone.from_preset(
            _place(name), load_weights=load_weights
        )
    except (ValueError, OSError, KeyError) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise ValueError(
            f"encoder {name!r}: no preset that KerasHub reads ({reason}). Give "
            "the name of a preset or the folder of one."
        ) from None
    if not getattr(backbone, "pyramid_outputs", None):
        raise ValueError(
            f"encoder {name!r}: {type(backbone).__name__} has no maps of several "
            "sizes. Choose a convolutional backbone, such as a ResNet."
        )
    return backbone


def _place(name: str) -> str:
    """Return what follows the prefix: a preset, or a folder."""
    place = name.removeprefix(PREFIX)
    folder = Path(place).expanduser()
    return str(folder) if folder.is_dir() else place


def _library(name: str) -> Any:
    if find_spec("keras_hub") is None:
        raise ValueError(
            f"encoder {name!r} needs KerasHub, which is not installed. Run "
            '`pip install "kerasseg[hub]"`, or choose an encoder of kerasseg.'
        )
    import keras_hub

    return keras_hub
