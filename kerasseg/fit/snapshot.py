"""A snapshot holds all that a run needs to go on as if it had not stopped.

Weights, optimizer, metrics, random states, callbacks' counters, epoch and step are
one file, written beside and renamed: it is whole or absent. Nothing else is needed,
for the pipeline's order and augmentation follow from seed, epoch and step.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np


@dataclass
class Position:
    """How far a run has come.

    Args:
        epoch: The epoch that is running, from 0.
        step: Batches of it that are done.
        stopped: Whether early stopping has ended the run.
        counters: What callbacks remember, by callback name.
        history: The scores of each finished epoch.
    """

    epoch: int = 0
    step: int = 0
    stopped: bool = False
    counters: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def save(path: Path, model: keras.Model, position: Position) -> None:
    """Write a snapshot of a compiled model. The file appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    arrays = {
        f"{index}": keras.ops.convert_to_numpy(variable.value)
        for index, variable in enumerate(_variables(model))
    }
    try:
        with partial.open("wb") as file:
            np.savez(file, position=np.array(json.dumps(asdict(position))), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def position(path: Path) -> Position:
    """Read how far the run of a snapshot has come, and nothing else of it.

    Raises:
        ValueError: If the snapshot is damaged.
    """
    with _opened(path) as archive:
        return _position(archive)


def restore(path: Path, model: keras.Model) -> Position:
    """Give a compiled model the state of a snapshot, and return its position.

    Raises:
        ValueError: If the snapshot is damaged or of another model.
    """
    with _opened(path) as archive:
        found = _position(archive)
        arrays = [archive[str(index)] for index in range(len(archive) - 1)]
    _build_metrics(model)
    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise ValueError(
            f"{path}: {len(arrays)} arrays that do not fit the {len(shapes)} of the "
            "recipe's model. The recipe or kerasseg changed since: fit it anew."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
    """Open a snapshot, whose arrays are read when they are asked for."""
    damage = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, ValueError)
    try:
        with path.open("rb") as file, np.load(file) as archive:
            yield archive
    except damage as error:
        raise ValueError(
            f"{path}: not a snapshot ({error}). Fit the recipe anew."
        ) from None


def _position(archive: Mapping[str, np.ndarray]) -> Position:
    return Position(**json.loads(str(archive["position"])))


def _build_metrics(model: keras.Model) -> None:
    """Make the metrics' variables, which under TensorFlow wait for the first batch."""
    classes = model.outputs[0].shape[-1]
    model.compute_metrics(
        None, np.zeros((1, 1, 1), "int32"), np.zeros((1, 1, 1, classes), "float32")
    )


def _variables(model: keras.Model) -> list[keras.Variable]:
    """List the state of a compiled model, its optimizer and its metrics, in order."""
    model.optimizer.build(model.trainable_variables)
    listed = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in listed}.values())
