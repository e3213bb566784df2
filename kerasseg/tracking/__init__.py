"""Keep runs where they can be compared: the only package that imports MLflow.

A run lives in three places, all under `mlruns/` unless the usual MLflow variables
(`MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME`, …) say otherwise: its parameters and
scores in `mlflow.db`, its files in `artifacts/`, and what is needed to go on with it
in `checkpoints/<run id>/`. Scores for TensorBoard, where a recipe asks for them, go to
`mlruns/tensorboard/`. MLflow takes seconds to import: only calls do.
"""

from kerasseg.tracking.circumstances import commit, versions
from kerasseg.tracking.finding import (
    RunFiles,
    children,
    find,
    parent,
    read,
    reopen,
    runs,
)
from kerasseg.tracking.model import _load_pyfunc  # noqa: F401  (MLflow looks for it)
from kerasseg.tracking.names import flatten, metric_name
from kerasseg.tracking.run import Run, start
from kerasseg.tracking.store import HOME, address, client
from kerasseg.tracking.tensorboard import Board

__all__ = [
    "HOME",
    "Board",
    "Run",
    "RunFiles",
    "address",
    "children",
    "client",
    "commit",
    "find",
    "flatten",
    "metric_name",
    "parent",
    "read",
    "reopen",
    "runs",
    "start",
    "versions",
]
