"""From a published checkpoint to a saved model that answers the same, and back."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kerasseg import artifact, backend, lookup
from kerasseg.convert import conf as confs
from kerasseg.convert import data, heads, tensors, writing
from kerasseg.weights.torch_archive import read_archive

_DATES, _SIDE = 3, 32


@dataclass(frozen=True)
class Summary:
    """What a conversion did.

    Args:
        destination: The file that was written.
        num_tensors: Tensors that were converted.
        num_parameters: Trainable numbers in the model.
    """

    destination: Path
    num_tensors: int
    num_parameters: int


def run(
    name: str,
    checkpoint: Path,
    conf: Path,
    destination: Path,
    *,
    norm: Path | None = None,
    fold: int | None = None,
    padding: Literal["ignored", "published"] = "ignored",
) -> Summary:
    """Convert a published checkpoint to a model that `kerasseg` reads.

    The model ends as the published one does: logits normalised and cut off at zero.
    Every tensor must find its place and every variable its tensor. The saved file is
    loaded again, and must hold the tensors bit by bit and give the answers of the
    model that was saved, before it gets its name.

    Args:
        name: `utae`, `wtae`, `timeunet` or `stenn`.
        checkpoint: The `model.pth.tar`, or its tensors as `.safetensors`.
        conf: The `conf.json` of its training.
        destination: The `.keras` file to write.
        norm: The `NORM_S2_patch.json` of its data, which then becomes the first layer;
            without it the model wants normalised pixels, as the published one does.
        fold: Which run of PASTIS it is of; by default what `conf` says.
        padding: `"ignored"`: padded dates change nothing. `"published"`: they count as
            they do in the published code, which knows them by their pixels; then
            these must come normalised.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not what it should be, or they do not fit each other.
    """
    _check(checkpoint, destination, norm, padding)
    known = confs.read(conf, name)
    state = read(checkpoint)
    names = data.bands(known.bands)
    indices = data.indices(names) if norm else ()
    names = names[: known.bands - len(indices)]
    normalised = data.norm(norm, known.run if fold is None else fold, len(names))
    model = lookup.find("model", name)(
        known.bands,
        known.num_classes,
        **{**known.options, "head": "published", "padding": padding},
    )
    _load(model, state, checkpoint)
    whole = artifact.assemble(
        model,
        names,
        normalised.mean,
        normalised.std,
        data.legend(known.num_classes),
        indices,
    )
    _save_verified(whole, destination, checkpoint)
    return Summary(destination, len(state), _num_parameters(whole))


def back(
    model: Path, destination: Path, names: Literal["utae-paps", "crop2seg"] | None
) -> Summary:
    """Write the weights of a model as the published code loads them.

    Args:
        model: The `.keras` file.
        destination: The archive to write, `{"state_dict": …}`.
        names: Whose names the tensors get; by default those of the model's layers.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it is none of the published models.
    """
    crop2seg = None if names is None else names == "crop2seg"
    whole = artifact.load(model)
    state = tensors.state(whole, crop2seg=crop2seg)
    if not any(key.startswith("out_conv.") for key in state):
        raise ValueError(
            f"{model}: the model holds no tensors of a published model. Give a U-TAE, "
            "W-TAE, Time-Unet or STENN."
        )
    state = heads.published(state, model)
    writing.write_state(destination, state)
    return Summary(destination, len(state), _num_parameters(whole))


def read(checkpoint: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a checkpoint, all of which must be finite.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read or a number in it is none.
    """
    if not checkpoint.is_file():
        raise FileNotFoundError(f"no checkpoint at {checkpoint}. Correct the path.")
    if checkpoint.suffix == ".safetensors":
        try:
            state = load_file(checkpoint)
        except (SafetensorError, OSError) as error:
            raise ValueError(
                f"{checkpoint}: not a safetensors file ({error}). Copy it again."
            ) from None
    else:
        state = read_archive(checkpoint)
    for key, tensor in state.items():
        if not np.isfinite(tensor).all():
            raise ValueError(
                f"{checkpoint}: {key} holds numbers that are not finite. The training "
                "has failed: give an earlier checkpoint."
            )
    return state


def _check(checkpoint: Path, destination: Path, norm: Path | None, padding: str):
    if destination.suffix != ".keras":
        raise ValueError(
            f"{destination}: a model is saved with the ending .keras. Name it so."
        )
    if padding == "published" and norm is not None:
        raise ValueError(
            f"padding 'published' with {norm}: the published code knows padded dates "
            "by their pixels after normalisation. Leave one of the two out."
        )


def _load(model: keras.Model, state: dict[str, np.ndarray], checkpoint: Path) -> None:
    try:
        loaded = tensors.load_state(model, state)
    except ValueError as error:
        raise ValueError(f"{checkpoint}: {error}") from None
    faults = []
    if loaded.missing:
        faults.append(f"lacks {_listed(loaded.missing)}")
    if loaded.unused:
        faults.append(f"has {_listed(loaded.unused)}, for which there is no place")
    if faults:
        raise ValueError(
            f"{checkpoint}: {' and '.join(faults)}. Give the conf.json that the "
            "checkpoint was trained with."
        )


def _listed(keys: tuple[str, ...]) -> str:
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]}{more}"


def _num_parameters(model: keras.Model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def _save_verified(model: keras.Model, destination: Path, checkpoint: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        path = artifact.save(model, Path(folder) / "model.keras")
        saved = artifact.load(path)
        _compare(model, saved, checkpoint)
        os.replace(path, destination)


def _compare(model: keras.Model, saved: keras.Model, checkpoint: Path) -> None:
    """Refuse a file that is not the model, or a model that has no answer."""
    before, after = tensors.state(model), tensors.state(saved)
    same = before.keys() == after.keys() and all(
        np.array_equal(value, after[key]) for key, value in before.items()
    )
    probe = _probe(model)
    wanted, found = (_answers(each, probe) for each in (model, saved))
    close = all(np.allclose(wanted[k], found[k], 1e-4, 1e-4) for k in wanted)
    if not all(np.isfinite(answer).all() for answer in found.values()):
        raise ValueError(
            f"{checkpoint}: the model answers numbers that are not finite. Give "
            "another checkpoint, or the conf.json that it was trained with."
        )
    if not same or not close:
        raise RuntimeError(f"{checkpoint}: the saved model is not the converted one.")


def _probe(model: keras.Model) -> dict[str, np.ndarray]:
    """Make up a series of small images, with pixels as the model expects them."""
    rng = np.random.default_rng(0)
    layer = model.get_layer("bands")
    shape = (1, _DATES, _SIDE, _SIDE, len(layer.names))
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
