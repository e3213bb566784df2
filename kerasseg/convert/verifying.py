"""A converted model is saved only if it is what it was made from."""

import os
import tempfile
from pathlib import Path

import keras
import numpy as np

from kerasseg import artifact, backend
from kerasseg.convert import tensors

_DATES, _SIDE = 3, 32


def fill(model: keras.Model, state: dict, origin: Path, cure: str) -> None:
    """Give a model the tensors of a checkpoint, none of which may be left over.

    Args:
        model: What `models.<name>.build` returns.
        state: Tensors by the names of our layers, in the layout of PyTorch.
        origin: The checkpoint, for messages.
        cure: What to do where they do not fit.

    Raises:
        ValueError: If a tensor is missing, left over or of another shape.
    """
    try:
        loaded = tensors.load_state(model, state)
    except ValueError as error:
        raise ValueError(f"{origin}: {error}") from None
    faults = []
    if loaded.missing:
        faults.append(f"lacks {_listed(loaded.missing)}")
    if loaded.unused:
        faults.append(f"has {_listed(loaded.unused)}, for which there is no place")
    if faults:
        raise ValueError(f"{origin}: {' and '.join(faults)}. {cure}")


def save(model: keras.Model, destination: Path, origin: Path) -> None:
    """Save an assembled model, load it again and compare before it gets its name.

    Raises:
        ValueError: If the model answers what is no number.
        RuntimeError: If the saved model is another one.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        path = artifact.save(model, Path(folder) / "model.keras")
        compare(model, artifact.load(path), origin)
        os.replace(path, destination)


def compare(model: keras.Model, other: keras.Model, origin: Path) -> None:
    """Refuse another model that is not the same, or a model that has no answer.

    Raises:
        ValueError: If the other answers what is no number.
        RuntimeError: If their tensors or answers differ.
    """
    before, after = tensors.state(model), tensors.state(other)
    same = before.keys() == after.keys() and all(
        np.array_equal(value, after[key]) for key, value in before.items()
    )
    probe = _probe(model)
    wanted, found = (_answers(each, probe) for each in (model, other))
    close = all(np.allclose(wanted[k], found[k], 1e-4, 1e-4) for k in wanted)
    if not all(np.isfinite(answer).all() for answer in found.values()):
        raise ValueError(
            f"{origin}: the model answers numbers that are not finite. Give "
            "another checkpoint, or the configuration that it was trained with."
        )
    if not same or not close:
        raise RuntimeError(f"{origin}: the saved model is not the converted one.")


def num_parameters(model: keras.Model) -> int:
    """Count the trainable numbers of a model."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def _listed(keys: tuple[str, ...]) -> str:
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]}{more}"


def _probe(model: keras.Model) -> dict[str, np.ndarray]:
    """Make up a small image, or a series, with pixels as the model expects them."""
    rng = np.random.default_rng(0)
    layer = model.get_layer("bands")
    dates = (_DATES,) if len(model.input["image"].shape) == 5 else ()
    shape = (1, *dates, _SIDE, _SIDE, len(layer.names))
    days = np.arange(_DATES, dtype="int32")[np.newaxis] * 90 + 10
    made = {
        "image": rng.normal(layer.mean, layer.std, shape).astype("float32"),
        "days": days,
        "day_of_year": days,
    }
    return {name: made[name] for name in model.input}


def _answers(model: keras.Model, probe: dict) -> dict[str, np.ndarray]:
    model.compile(**backend.compile_options())
    answers = model.predict_on_batch(probe)
    return answers if isinstance(answers, dict) else {"logits": answers}
