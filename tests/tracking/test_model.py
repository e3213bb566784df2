"""A logged model opens where only MLflow is known, and where only our layers are."""

import subprocess
import sys

import numpy as np
import pytest
from fakes import LEGEND, tiny

from kerasseg import artifact, tracking

pytestmark = pytest.mark.slow

SERVED = """
import sys, mlflow, numpy as np
assert not any(name.startswith("kerasseg") for name in sys.modules)
model = mlflow.pyfunc.load_model(sys.argv[1])
np.save("found.npy", model.predict({"image": np.load("image.npy")}))
"""
KERAS = """
import sys, kerasseg.layers, mlflow, numpy as np
model = mlflow.keras.load_model(sys.argv[1])
np.save("found.npy", model.predict_on_batch({"image": np.load("image.npy")}))
"""


@pytest.fixture(scope="module")
def logged(place):
    """Log a model, and return its address, an image and what the model says of it."""
    model = artifact.assemble(
        tiny(3, 3), ("red", "green", "blue"), [90.0] * 3, [50.0] * 3, LEGEND
    )
    image = np.random.default_rng(0).integers(0, 255, (1, 16, 16, 3), np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(place)
        run = tracking.start("fields", "served")
        run.model(model, "uint8")
        status = tracking.client().get_run(run.run_id).info.status
        run.close()
    np.save(place / "image.npy", image)
    address = f"runs:/{run.run_id}/model"
    return address, model.predict_on_batch({"image": image}), status


@pytest.mark.parametrize("code", [SERVED, KERAS], ids=["pyfunc", "keras"])
def test_a_fresh_process_opens_it(logged, store, monkeypatch, code):
    address, expected, _ = logged
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlruns/mlflow.db")
    command = [sys.executable, "-c", code, address]
    done = subprocess.run(command, cwd=store, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = np.load(store / "found.npy")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_finished_run_is_found_with_its_model(logged, store):
    found = tracking.find("served")
    assert artifact.bands(artifact.load(found.model)) == ("red", "green", "blue")
    assert found.recipe is None


def test_the_run_goes_on_after_its_model_was_logged(logged):
    assert logged[2] == "RUNNING"
