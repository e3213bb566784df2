"""Fit a recipe once per fold of its data, and judge the folds as one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasseg import lookup, tracking
from kerasseg.fit import job, opening
from kerasseg.recipe import Recipe
from kerasseg.scores import Scores, scores

FOLDS = (1, 2, 3, 4, 5)
"""The official runs of PASTIS, told apart by the dataset's option `run`."""
_TAG = "kerasseg.fold"


@dataclass(frozen=True)
class Pooled:
    """What the runs of several folds found together.

    Args:
        run: The id of the run that holds them.
        runs: The id of each fold's run.
        names: The classes.
        matrices: Of each protocol, by its name: the confusion matrices of the test
            splits, added up.
    """

    run: str
    runs: dict[int, str]
    names: tuple[str, ...]
    matrices: dict[str, np.ndarray]

    @property
    def scores(self) -> dict[str, Scores]:
        """The scores of each protocol, by its name."""
        return {name: scores(matrix) for name, matrix in self.matrices.items()}


def run(
    recipe: Recipe,
    folds: Sequence[int] = FOLDS,
    *,
    resume: str | None = None,
    progress: bool = True,
) -> Pooled:
    """Fit one run per fold, under one run in MLflow that keeps their common scores.

    Confusion matrices are added up and scored once, as is published for PASTIS; the
    mean of the folds' scores would weigh rare classes otherwise.

    Args:
        recipe: What to do. Its dataset has the option `run`.
        folds: Which.
        resume: The common run to go on with, or one of its folds: folds that finished
            stay as they are, and one that was stopped goes on.
        progress: Whether to show how each fold comes on.

    Raises:
        Interrupted: If a signal asked to stop.
        LookupError: If there is no run to resume.
        ValueError: If the dataset has no folds.
    """
    _check(recipe)
    parent = _open(recipe, resume)
    with job.closed(parent):
        known = {run[_TAG]: run for run in tracking.children(parent.run_id)}
        runs = {
            fold: _fit(recipe, fold, parent, known.get(str(fold)), progress)
            for fold in folds
        }
        pooled = _pool(parent.run_id, runs)
        for protocol, found in pooled.scores.items():
            named = {"mean_iou": found.mean_iou, "accuracy": found.accuracy}
            parent.scores({f"{protocol} {key}": v for key, v in named.items()}, 0)
    return pooled


def _check(recipe: Recipe) -> None:
    signature = lookup.signature("dataset", recipe.data.name)
    if "run" not in [parameter.name for parameter in signature.parameters]:
        raise ValueError(
            f"data.name: {recipe.data.name!r} has no folds, for it has no option "
            "`run`. Fit it without --folds."
        )


def _open(recipe: Recipe, resume: str | None) -> tracking.Run:
    if resume is not None:
        parent = tracking.reopen(tracking.parent(resume), needed="recipe.yaml")
        opening.check_recipe(recipe, parent)
        parent.go_on()
        return parent
    parent = opening.start(recipe)
    opening.keep_recipe(recipe, parent)
    parent.parameters(recipe.resolved())
    return parent


def _fit(
    recipe: Recipe,
    fold: int,
    parent: tracking.Run,
    known: dict[str, str] | None,
    progress: bool,
) -> str:
    """Fit one fold, or what is left of it, and return the id of its run."""
    if known and known["status"] == "FINISHED":
        return known["run"]
    stopped = known and (tracking.HOME / "checkpoints" / known["run"] / "snapshot.npz")
    data = recipe.data.model_copy(update={"run": fold})
    track = recipe.tracking.model_copy(update={"run_name": f"{parent.name}-fold{fold}"})
    return job.run(
        recipe.model_copy(update={"data": data, "tracking": track}),
        resume=known["run"] if stopped and stopped.is_file() else None,
        progress=progress,
        parent=parent.run_id,
        tags={_TAG: str(fold)},
    )


def _pool(parent: str, runs: dict[int, str]) -> Pooled:
    """Add the confusion matrices of finished runs up."""
    found = [
        json.loads(tracking.read(run, "evaluation/test/scores.json"))
        for run in runs.values()
    ]
    matrices = {
        protocol: sum(
            np.array(each["protocols"][protocol]["confusion"], np.int64)
            for each in found
        )
        for protocol in found[0]["protocols"]
    }
    return Pooled(parent, runs, tuple(found[0]["classes"]), matrices)
