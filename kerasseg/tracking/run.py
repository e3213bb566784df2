"""An open run: what is logged into it, from its start to its end."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasseg.tracking import model as models
from kerasseg.tracking import store
from kerasseg.tracking.names import flatten, metric_name

# Makes `mlflow ui` show runs and charts first, not conversations.
_KIND = {"mlflow.experimentKind": "custom_model_development"}
_AT_ONCE = 100  # parameters that MLflow takes in one call
_LONGEST = 6000  # letters of a parameter


class Run:
    """An open run: log into it, then `close` it.

    Args:
        run_id: The id of a run that exists in the store.
    """

    def __init__(self, run_id: str):
        self._client = store.client()
        self.run_id = run_id
        self.folder = store.HOME / "checkpoints" / run_id
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def name(self) -> str:
        return self._client.get_run(self.run_id).info.run_name

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Log settings; a nested mapping becomes dotted names."""
        from mlflow.entities import Param

        pairs = [
            Param(metric_name(name), str(value)[:_LONGEST])
            for name, value in flatten(values)
        ]
        for start in range(0, len(pairs), _AT_ONCE):
            self._client.log_batch(self.run_id, params=pairs[start : start + _AT_ONCE])

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Log numbers of one epoch; what is not a number (an absent class) is left out.

        Class names may hold signs that MLflow refuses in a metric's name; these
        become `_`.
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(metric_name(name), float(value), now, step)
            for name, value in values.items()
            if float(value) == float(value)
        ]
        self._client.log_batch(self.run_id, metrics=metrics)

    def tags(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self._client.set_tag(self.run_id, name, value)

    def tag(self, name: str) -> str | None:
        """Return what was logged as a tag, or `None`."""
        return self._client.get_run(self.run_id).data.tags.get(name)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or every file below a folder."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), folder)
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def text(self, content: str, name: str) -> None:
        self._client.log_text(self.run_id, content, name)

    def model(self, model: Any, dtype: str) -> None:
        """Log a Keras model that `mlflow models` and `mlflow.keras` can open.

        Args:
            model: A model as `kerasseg.artifact.assemble` makes it.
            dtype: The stored type of the pixels it reads.
        """
        import mlflow

        with mlflow.start_run(self.run_id, log_system_metrics=False):
            models.log(model, dtype)
        # Leaving the context ends the run; it goes on until `close`.
        self.go_on()

    def go_on(self) -> None:
        """Say that the run runs, whatever its last end was."""
        self._client.update_run(self.run_id, status="RUNNING")

    def close(self, status: str = "FINISHED") -> None:
        """End the run as `FINISHED`, `FAILED` or `KILLED`."""
        self._client.set_terminated(self.run_id, status)


def start(
    experiment: str, run_name: str | None = None, parent: str | None = None
) -> Run:
    """Open a new run of an experiment, which is made where it does not exist.

    Args:
        experiment: Its name.
        run_name: The name of the run; MLflow makes one up by default.
        parent: The id of the run that it belongs to.

    Raises:
        ValueError: If the experiment was deleted.
    """
    client = store.client()
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or experiment
    tags = {"mlflow.parentRunId": parent} if parent else {}
    place = _experiment(client, experiment)
    run = client.create_run(place, run_name=run_name, tags=tags)
    return Run(run.info.run_id)


def _experiment(client, name: str) -> str:
    """Return the id of an experiment, made where it does not exist."""
    found = client.get_experiment_by_name(name)
    if found is None:
        place = None
        if not store.elsewhere():
            place = (store.HOME / "artifacts" / name).resolve().as_uri()
        return client.create_experiment(name, place, tags=_KIND)
    if found.lifecycle_stage != "active":
        raise ValueError(
            f"experiment {name!r} was deleted in {store.address()}. Restore it with "
            "`mlflow experiments restore`, or give `tracking.experiment` another name."
        )
    return found.experiment_id
