"""One store for the tests of a file, since a new one takes seconds."""

import pytest

VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder whose store the tests of a file share."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture
def store(place, monkeypatch):
    """Work in the folder of the shared store."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(place)
    return place
