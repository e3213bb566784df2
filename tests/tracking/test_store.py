"""The store is `mlruns` here, or where MLflow's variables say."""

import subprocess
import sys

import pytest

from kerasseg import tracking
from kerasseg.tracking import store

pytestmark = pytest.mark.once


def test_importing_tracking_does_not_import_mlflow():
    code = "import sys, kerasseg.tracking; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_the_store_belongs_to_the_folder_one_works_in(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        tracking.start("fields", name).close()
        assert [run["name"] for run in tracking.runs()] == [name]
        assert (tmp_path / name / "mlruns" / "mlflow.db").is_file()


def test_the_store_that_a_variable_names_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    database = tmp_path / "other.sqlite"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    tracking.start("fields", "away").close()
    assert database.is_file()
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()
    assert [run["name"] for run in tracking.runs()] == ["away"]


def test_what_mlflow_writes_into_its_own_variable_is_not_elsewhere(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlruns/mlflow.db")
    assert not store.elsewhere()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert not store.elsewhere()
    assert store.address() == "sqlite:///mlruns/mlflow.db"
