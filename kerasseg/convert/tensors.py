"""Tensors of a published state dict go into a model of kerasseg, and come back."""

from collections.abc import Mapping

import keras
import numpy as np

from kerasseg.convert import layout, names, sinusoid
from kerasseg.weights import Loaded

_COUNTER = "num_batches_tracked"


def load_state(model: keras.Model, state: Mapping[str, np.ndarray]) -> Loaded:
    """Give a model the tensors of a published state dict, by name.

    The names may be those of utae-paps or of Crop2Seg. Counters of batches have no
    counterpart in Keras and are not spoken of. Tables of sinusoids are computed here,
    so those in the state dict are only compared.

    Args:
        model: What `models.<name>.build` returns, or the artifact made of it.
        state: Tensors by their published names, in the layout of PyTorch.

    Returns:
        The names of tensors used and unused, and of those the model lacks, as the
        state dict and the model call them.

    Raises:
        ValueError: If a tensor does not fit its variable, or a table of sinusoids is
            not one. Then the model is as it was.
    """
    places = names.places(model)
    crop2seg = names.is_crop2seg(places)
    places = {names.common(k, crop2seg=crop2seg): p for k, p in places.items()}
    crop2seg = names.is_crop2seg(state)
    values, unused, used = {}, [], []
    for key, tensor in state.items():
        name = names.common(key, crop2seg=crop2seg)
        if name.endswith(_COUNTER):
            continue
        if name in places:
            values[name] = _fitted(key, tensor, places[name])
        elif not sinusoid.accepts(name, tensor):
            unused.append(key)
            continue
        used.append(key)
    for name, value in values.items():
        places[name].variable.assign(value)
    missing = [place.key for name, place in places.items() if name not in values]
    return Loaded(tuple(used), tuple(unused), tuple(missing))


def state(model: keras.Model, *, crop2seg: bool | None = None) -> dict[str, np.ndarray]:
    """Return the tensors of a model as the published code has them.

    Args:
        model: What `models.<name>.build` returns, or the artifact made of it.
        crop2seg: Whether the names are to be those of Crop2Seg or those of utae-paps;
            `None` for those of the layers.

    Returns:
        Tensors by their published names, in the layout of PyTorch, with everything
        that a strict reading asks for: counters of batches, which are 0, and tables
        of sinusoids. A table of days ends with day 364, as the published one does.
    """
    places = names.places(model)
    ours = names.is_crop2seg(places)
    wanted = ours if crop2seg is None else crop2seg
    found: dict[str, np.ndarray] = {}
    for key, place in places.items():
        key = names.spelled(names.common(key, crop2seg=ours), crop2seg=wanted)
        value = layout.to_torch(keras.ops.convert_to_numpy(place.variable), place)
        if key.endswith(".Q"):  # (heads, d_k), or one query: (heads, 1, d_k)
            value = value.reshape(len(value), *[1] * wanted, -1)
        found[key] = np.ascontiguousarray(value)
        if key.endswith(".running_var"):
            found[key.replace("running_var", _COUNTER)] = np.array(0, np.int64)
    return found | sinusoid.tables(found)


def _fitted(key: str, tensor: np.ndarray, place: names.Place) -> np.ndarray:
    value = layout.to_keras(tensor, place)
    if value.shape != tuple(place.variable.shape):
        wanted = layout.to_torch(np.empty(place.variable.shape, "float32"), place)
        raise ValueError(
            f"{key} has the shape {tuple(tensor.shape)} where the model has "
            f"{tuple(wanted.shape)}. Build the model with the options that the "
            "checkpoint was trained with."
        )
    return value
