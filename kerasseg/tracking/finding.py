"""Find runs that were kept: by id, by name, by what they left on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasseg.tracking import store
from kerasseg.tracking.run import Run


@dataclass(frozen=True)
class RunFiles:
    """Where the files of a run are, on this machine.

    Args:
        run_id: MLflow's id, or the file's stem for a model outside MLflow.
        name: What `mlflow ui` shows.
        model: The best model, `.keras`.
        recipe: The resolved recipe, or `None` for a bare model file.
        folder: Where evaluations of this run may be written.
    """

    run_id: str
    name: str
    model: Path
    recipe: Path | None
    folder: Path


def find(run: str) -> RunFiles:
    """Find a run by id, by the start of its id, by name, or a `.keras` file by path.

    `latest` is the run that began last.

    Raises:
        LookupError: If there is no such run, or several, or it kept no model.
    """
    if run.endswith(".keras"):
        path = Path(run)
        if not path.is_file():
            raise FileNotFoundError(f"no model at {path}. Correct the path.")
        folder = path.parent / f"{path.stem}-evaluation"
        return RunFiles(path.stem, path.stem, path, None, folder)
    found = _find(run)
    info = found.info
    checkpoints = store.HOME / "checkpoints" / info.run_id
    if (checkpoints / "best.keras").is_file():
        model, recipe = checkpoints / "best.keras", checkpoints / "recipe.yaml"
    else:
        model, recipe = _download(found)
    folder = store.HOME / "evaluations" / info.run_id
    return RunFiles(info.run_id, info.run_name, model, recipe, folder)


def reopen(run: str, needed: str = "snapshot.npz") -> Run:
    """Open a run again, whose `go_on` says that it runs.

    Args:
        run: Its id, the start of it, its name, or `latest`.
        needed: The file without which it cannot go on.

    Raises:
        LookupError: If there is no such run or nothing to go on from.
    """
    run_id = _find(run).info.run_id
    folder = store.HOME / "checkpoints" / run_id
    if not (folder / needed).is_file():
        raise LookupError(
            f"run {run!r} has no {Path(needed).stem} in {folder}: it finished, or "
            "stopped before its first checkpoint. Fit its recipe anew."
        )
    return Run(run_id)


def runs() -> list[dict[str, Any]]:
    """List the runs of all experiments, newest first, as plain records."""
    if store.is_new():
        return []
    client = store.client()
    names = {e.experiment_id: e.name for e in client.search_experiments()}
    return [
        {
            "run": run.info.run_id,
            "name": run.info.run_name,
            "experiment": names[run.info.experiment_id],
            "status": run.info.status,
            "start": run.info.start_time,
            "scores": dict(run.data.metrics),
            "parameters": dict(run.data.params),
        }
        for run in _search(client)
    ]


def parent(run: str) -> str:
    """Return the id of the run that a run belongs to, or its own.

    Raises:
        LookupError: If there is no such run.
    """
    found = _find(run)
    return found.data.tags.get("mlflow.parentRunId", found.info.run_id)


def children(parent: str) -> list[dict[str, str]]:
    """List the runs that belong to a run: its tags, with `run` and `status`."""
    return [
        {**run.data.tags, "run": run.info.run_id, "status": run.info.status}
        for run in _search(store.client())
        if run.data.tags.get("mlflow.parentRunId") == parent
    ]


def read(run_id: str, name: str) -> str:
    """Return the text of a file that a run logged."""
    import mlflow

    return mlflow.artifacts.load_text(f"runs:/{run_id}/{name}")


def _search(client) -> list:
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(
        client.search_runs(
            ids, order_by=["attributes.start_time DESC"], max_results=5000
        )
    )


def _find(run: str):
    found = [] if store.is_new() else _search(store.client())
    if run == "latest":
        matches = found[:1]
    else:
        matches = [r for r in found if run == r.info.run_id]
        matches = matches or [r for r in found if run == r.info.run_name]
        if not matches and len(run) >= 4:
            matches = [r for r in found if r.info.run_id.startswith(run)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = ", ".join(r.info.run_id[:8] for r in matches[:5])
        raise LookupError(
            f"run {run!r} is the name of {len(matches)}: {ids}. Give an id."
        )
    known = ", ".join(f"{r.info.run_name} ({r.info.run_id[:8]})" for r in found[:5])
    raise LookupError(
        f"no run {run!r} in {store.address()}. "
        + (f"The newest are {known}." if known else "It holds no run yet.")
    )


def _download(run) -> tuple[Path, Path | None]:
    """Bring a finished run's model and recipe to this machine.

    What lies on it already is not copied: MLflow answers with its own path.
    """
    import mlflow

    outputs = run.outputs.model_outputs if run.outputs else []
    if not outputs:
        raise LookupError(
            f"run {run.info.run_id} kept no model: it ended before its first epoch "
            "did. Fit its recipe anew, or go on with `kerasseg fit --resume`."
        )
    logged = store.client().get_logged_model(outputs[-1].model_id)
    fetch = mlflow.artifacts.download_artifacts
    model = Path(fetch(artifact_uri=logged.artifact_location))
    try:
        recipe = Path(fetch(artifact_uri=f"{run.info.artifact_uri}/recipe.yaml"))
    except (mlflow.MlflowException, OSError):
        recipe = None
    return model / "data" / "model.keras", recipe
