"""The saved model: raw pixels in, logits out, with its bands and legend inside.

A `.keras` file holds weights, normalisation, names of the bands and the legend, all in
the configuration of its layers. So it survives being loaded and saved again by Keras
or MLflow, under either backend, and `predict` needs no side file.
"""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from kerasseg import legend as legends
from kerasseg.layers.bands import Bands
from kerasseg.layers.classes import Classes
from kerasseg.layers.normalized_difference import NormalizedDifference
from kerasseg.legend import Legend


def assemble(
    model: keras.Model,
    bands: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
    legend: Legend,
    indices: Sequence[tuple[str, str]] = (),
    *,
    resolution: float | None = None,
) -> keras.Model:
    """Put normalisation before a model and the legend behind it.

    The answer shares its weights with the model: train either.

    Args:
        model: What `models.<name>.build` returns.
        bands: Names of the bands, in the order of the channels.
        mean: Taken from each band, in stored units.
        std: What each band is divided by.
        legend: The classes, in the order of the logits.
        indices: Pairs of bands whose normalised difference the model reads too, as
            channels behind the bands: `("B08", "B04")` is NDVI.
        resolution: Side of the pixels it is trained on, metres, if known.

    Returns:
        A model with the same inputs, except that `image` is in stored units and of
        any integer or float type. Logits come out, float32, and beside them, in a
        dictionary, whatever else the model answers.

    Raises:
        ValueError: If the model has another number of bands or classes.
    """
    channels, classes = model.input["image"].shape[-1], logits(model).shape[-1]
    if len(bands) + len(indices) != channels:
        raise ValueError(
            f"{model.name} reads {channels} bands, but {len(bands)} are named: "
            f"{', '.join(bands)}. Build it with bands={len(bands) + len(indices)}."
        )
    unknown = [name for pair in indices for name in pair if name not in bands]
    if unknown:
        raise ValueError(
            f"indices: no band {unknown[0]!r} among {', '.join(bands)}. "
            "Name two of them per index."
        )
    if legend.num_classes != classes:
        raise ValueError(
            f"{model.name} answers {classes} classes, but the legend has "
            f"{legend.num_classes}: {', '.join(legend.names)}. "
            f"Build it with num_classes={legend.num_classes}."
        )
    inputs = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    if indices:
        shape = (*inputs["image"].shape[1:-1], len(bands))
        inputs["image"] = keras.Input(shape, dtype="float32", name="image")
    image = Bands(bands, mean, std, resolution, name="bands")(inputs["image"])
    if indices:
        places = [[list(bands).index(name) for name in pair] for pair in indices]
        index = NormalizedDifference(places, name="indices")(inputs["image"])
        image = keras.ops.concatenate([image, index], axis=-1)
    outputs = model({**inputs, "image": image})
    classes = Classes(legend.to_dict(), name="classes")
    if isinstance(outputs, dict):
        outputs = {**outputs, "logits": classes(outputs["logits"])}
    else:
        outputs = classes(outputs)
    return keras.Model(inputs, outputs, name="kerasseg")


def logits(model: keras.Model) -> keras.KerasTensor:
    """Return the logits among the answers of a model, `(B, H, W, num_classes)`."""
    return model.output["logits"] if isinstance(model.output, dict) else model.output


def save(model: keras.Model, path: str | Path) -> Path:
    """Save an assembled model; the file appears whole or not at all.

    How the model was trained (optimizer, loss) is left out.

    Raises:
        ValueError: If the path does not end with `.keras`, or the model was not
            assembled.
        OSError: If the place cannot be written.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"{path}: a model is saved with the ending .keras.")
    _carrier(model, Bands), _carrier(model, Classes)
    partial = path.with_name(f".{path.stem}.partial.keras")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A fresh Model has no optimizer or loss whose classes a reader would need.
        keras.Model(model.input, model.output, name=model.name).save(partial)
        os.replace(partial, path)
    except OSError as error:
        raise type(error)(
            f"{path}: the model cannot be saved ({error.strerror or error}). "
            "Free some space or choose another place."
        ) from None
    finally:
        with contextlib.suppress(OSError):  # The first error tells more.
            partial.unlink(missing_ok=True)
    return path


def load(path: str | Path) -> keras.Model:
    """Load a model that `save`, Keras or MLflow wrote.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a model of kerasseg.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no model at {path}. Give the path of a .keras file.")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path} is not a .keras file, or not a whole one. "
            "Copy or download it again."
        )
    try:
        model = keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = str(error).strip().split("\n")[0][:200]
        raise ValueError(f"{path}: not a model that loads here ({reason}).") from None
    try:
        _carrier(model, Bands), _carrier(model, Classes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return model


def bands(model: keras.Model) -> tuple[str, ...]:
    """Return the names of the bands a model reads, in order."""
    return _carrier(model, Bands).names


def legend(model: keras.Model) -> Legend:
    """Return the legend of a model's map."""
    return legends.from_dict(_carrier(model, Classes).legend, model.name)


def resolution(model: keras.Model) -> float | None:
    """Return the side of the pixels that a model was trained on, metres, if known."""
    return _carrier(model, Bands).resolution


def normalization(
    model: keras.Model,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each band, in stored units."""
    bands = _carrier(model, Bands)
    return bands.mean, bands.std


def fingerprint(model: keras.Model) -> str:
    """Hash layers and weights: models with the same hash give the same maps."""
    digest = hashlib.sha256(model.to_json().encode())
    for weight in model.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)))
    return digest.hexdigest()[:16]


def _carrier(model: keras.Model, kind: type) -> keras.layers.Layer:
    for layer in model.layers:
        if isinstance(layer, kind):
            return layer
    raise ValueError(
        f"model {model.name!r} carries no {kind.__name__.lower()}: it is not one that "
        "`kerasseg fit` saved. Put it through `artifact.assemble`."
    )
