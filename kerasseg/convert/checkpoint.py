"""From a published checkpoint to a saved model that answers the same, and back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kerasseg import artifact, lookup
from kerasseg.convert import conf as confs
from kerasseg.convert import data, heads, tensors, verifying, writing
from kerasseg.weights.torch_archive import read_archive


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
    cure = "Give the conf.json that the checkpoint was trained with."
    verifying.fill(model, state, checkpoint, cure)
    whole = artifact.assemble(
        model,
        names,
        normalised.mean,
        normalised.std,
        data.legend(known.num_classes),
        indices,
    )
    verifying.save(whole, destination, checkpoint)
    return Summary(destination, len(state), verifying.num_parameters(whole))


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
    return Summary(destination, len(state), verifying.num_parameters(whole))


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
