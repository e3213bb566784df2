"""Where runs are kept: the folder `mlruns`, or what MLflow's variables name."""

import logging
import os
from pathlib import Path

HOME = Path("mlruns")
_SHORT = f"sqlite:///{(HOME / 'mlflow.db').as_posix()}"
# MLflow writes the address it is given into the variable that users set as well.
_given = {_SHORT}


def client():
    """Return MLflow's client of the store, which is made where it does not exist."""
    if not elsewhere():
        HOME.mkdir(parents=True, exist_ok=True)
        _given.add(_own())
    import mlflow

    # A new database announces every migration.
    for name in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(elsewhere() or _own())
    return mlflow.MlflowClient()


def is_new() -> bool:
    """Tell whether there is no store yet, and so no run, without making one.

    Of a server that the user named nothing is known before it is asked.
    """
    return not elsewhere() and not (HOME / "mlflow.db").exists()


def address() -> str:
    """Return the store's address as one tells it, from the folder one works in."""
    return elsewhere() or _SHORT


def elsewhere() -> str | None:
    """Return the tracking server that the user named, if it is not our own place."""
    named = os.environ.get("MLFLOW_TRACKING_URI")
    return None if not named or named in _given or named == _own() else named


def _own() -> str:
    # In full: MLflow keeps the database of an address open when the folder changes.
    return f"sqlite:///{(HOME / 'mlflow.db').resolve().as_posix()}"
