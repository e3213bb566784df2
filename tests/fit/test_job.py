"""A run is tracked whole, and a stop loses nothing of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from fakes import TINY_RECIPE

from kerasseg import artifact, fit, recipe, tracking
from kerasseg.fit import snapshot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fitted_once(tmp_path_factory):
    """Fit once for all tests that only look at the run: its id and its folder."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "tiny.yaml").write_text(TINY_RECIPE)
        return fit.run(recipe.read(folder / "tiny.yaml"), progress=False), folder


@pytest.fixture
def fitted(fitted_once, elsewhere, monkeypatch):
    run_id, folder = fitted_once
    monkeypatch.chdir(folder)
    return run_id


def test_a_run_holds_what_one_needs_to_compare_and_repeat_it(fitted, tiny_recipe):
    run = next(run for run in tracking.runs() if run["run"] == fitted)
    assert run["status"] == "FINISHED"
    assert run["parameters"]["training.learning_rate"] == "0.01"
    for name in (
        "loss",
        "val_loss",
        "val_mean_iou",
        "val_iou/water",
        "best_val_mean_iou",
        "test_mean_iou",
        "test_iou/bare soil",
        "samples_per_second",
        "peak_memory_gb",
        "fit_seconds",
    ):
        assert name in run["scores"], name
    client = tracking.client()
    tags = client.get_run(fitted).data.tags
    assert tags["version.keras"] == keras.__version__
    assert len(tags["kerasseg.data_fingerprint"]) == 16
    assert len(client.get_metric_history(fitted, "val_mean_iou")) == 3
    files = {file.path for file in client.list_artifacts(fitted, "evaluation/test")}
    assert "evaluation/test/report.html" in files


def test_the_kept_model_opens_with_its_legend_and_bands(fitted):
    model = artifact.load(tracking.find(fitted).model)
    assert artifact.bands(model) == ("red", "green", "blue")
    assert artifact.legend(model).names == ("bare soil", "water", "wood")


def test_it_learns_the_colours(fitted):
    run = next(run for run in tracking.runs() if run["run"] == fitted)
    assert run["scores"]["test_mean_iou"] > 0.5


def test_mlflow_opens_the_model(fitted):
    import mlflow

    image = np.random.default_rng(0).integers(0, 255, (1, 16, 16, 3), np.uint8)
    loaded = mlflow.keras.load_model(f"runs:/{fitted}/model")
    served = mlflow.pyfunc.load_model(f"runs:/{fitted}/model")
    expected = artifact.load(tracking.find(fitted).model).predict_on_batch(
        {"image": image}
    )
    np.testing.assert_allclose(
        loaded.predict_on_batch({"image": image}), expected, rtol=1e-5
    )
    np.testing.assert_allclose(served.predict({"image": image}), expected, rtol=1e-5)


KILLED = """
import os, signal, sys
from kerasseg import backend, recipe

path, *settings = sys.argv[1:]
read = recipe.read(path, settings)
backend.choose(read.backend)
from kerasseg import fit


class Killed(fit.callbacks.Validate):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 4):
            os.kill(os.getpid(), signal.SIGKILL)


fit.job.Validate = Killed
fit.run(read, progress=False)
"""
SETTINGS = (
    "training.epochs=4",
    "training.checkpoint_steps=2",
    "training.monitor=loss",
    "training.ema=0.9",
    "training.schedule={name: plateau, patience: 1, factor: 0.5}",
    "data={name: fakes.world, count: 40}",
)


def kill(folder: Path) -> None:
    """Fit in a process that is killed after the fifth batch of its second epoch."""
    places = {"PYTHONPATH": os.pathsep.join(sys.path), "MLFLOW_TRACKING_URI": ""}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, "tiny.yaml", *SETTINGS],
        cwd=folder,
        env=os.environ | places,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def where(folder: Path) -> tuple[int, int]:
    (path,) = folder.glob("mlruns/checkpoints/*/snapshot.npz")
    position = snapshot.position(path)
    return position.epoch, position.step


def scores_of_each_epoch(folder: Path, monkeypatch) -> dict[str, list[float]]:
    monkeypatch.chdir(folder)
    client = tracking.client()
    run = tracking.runs()[0]["run"]
    names = ("loss", "mean_iou", "val_loss", "val_mean_iou", "learning_rate")
    return {
        name: list(
            {
                point.step: point.value
                for point in client.get_metric_history(run, name)
            }.values()
        )
        for name in names
    }


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Fit without a stop, and return the folder."""
    folder = tmp_path_factory.mktemp("straight")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        (folder / "tiny.yaml").write_text(TINY_RECIPE)
        fit.run(recipe.read(folder / "tiny.yaml", SETTINGS), progress=False)
    return folder


def assert_ends_like(straight: Path, stopped: Path, monkeypatch) -> None:
    expected, found = (
        scores_of_each_epoch(folder, monkeypatch) for folder in (straight, stopped)
    )
    weights = []
    for folder in (straight, stopped):
        monkeypatch.chdir(folder)
        weights.append(artifact.load(tracking.find("latest").model).get_weights())
    if keras.config.backend() == "jax":
        assert found == expected
        for one, other in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, other)
    else:
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-3)


def test_a_run_killed_within_an_epoch_ends_like_one_that_was_not(
    straight, elsewhere, tiny_recipe, monkeypatch
):
    longer = tiny_recipe(*SETTINGS)
    kill(elsewhere)
    assert where(elsewhere) == (1, 4)
    fit.run(longer, resume="latest", progress=False)
    assert_ends_like(straight, elsewhere, monkeypatch)


def test_a_run_stopped_within_an_epoch_ends_like_one_that_was_not(
    straight, elsewhere, tiny_recipe, stop_at, monkeypatch
):
    longer = tiny_recipe(*SETTINGS)
    stop_at(1, 4)
    with pytest.raises(fit.Interrupted):
        fit.run(longer, progress=False)
    assert where(elsewhere) == (1, 5)
    stop_at(-1, -1)
    fit.run(longer, resume="latest", progress=False)
    assert_ends_like(straight, elsewhere, monkeypatch)


def test_early_stopping_ends_the_run_and_the_best_epoch_is_kept(elsewhere, tiny_recipe):
    patient = tiny_recipe(
        "training.early_stopping=1",
        "training.learning_rate=1e-12",
        "training.epochs=9",
        "training.monitor=val_mean_iou",
    )
    run_id = fit.run(patient, progress=False)
    history = tracking.client().get_metric_history(run_id, "val_mean_iou")
    assert len(history) < 9


def test_a_wrong_monitor_is_answered_with_the_scores_there_are(elsewhere, tiny_recipe):
    with pytest.raises(ValueError, match=r"no score 'val_miou'.*val_mean_iou"):
        fit.run(tiny_recipe("training.monitor=val_miou"), progress=False)


def test_another_recipe_cannot_resume_a_run(elsewhere, tiny_recipe, monkeypatch):
    class PowerCutError(Exception):
        pass

    def cut(*_):
        raise PowerCutError

    monkeypatch.setattr(fit.job, "conclude", cut)
    with pytest.raises(PowerCutError):
        fit.run(tiny_recipe(), progress=False)
    with pytest.raises(ValueError, match=r"learning_rate = 0\.01.* says 0\.5"):
        fit.run(tiny_recipe("training.learning_rate=0.5"), resume="latest")


def test_a_finished_run_has_nothing_to_resume(fitted, tiny_recipe):
    with pytest.raises(LookupError, match="has no snapshot"):
        fit.run(tiny_recipe(), resume=fitted)


def test_dry_run_tells_what_a_fit_would_cost(tiny_recipe):
    told = fit.dry_run(tiny_recipe())
    assert told["samples"] == {"train": 12, "val": 12, "test": 12}
    assert told["steps per epoch"] == 3
    assert told["trainable parameters"] == 3 * 9 * 8 + 8 + 2 * 8 + 8 * 3 + 3
    assert told["compiled programs"] == 2


def test_crops_of_two_sizes_are_fitted_with_two_programs(
    elsewhere, tiny_recipe, unconcluded
):
    changes = ("training.crop_sizes=[8, 16]", "tracking.tensorboard=true")
    assert fit.dry_run(tiny_recipe(*changes))["compiled programs"] == 3
    run = fit.run(tiny_recipe(*changes), progress=False)
    scores = next(each for each in tracking.runs() if each["run"] == run)["scores"]
    assert scores["compiled_training_programs"] == 2
    assert np.isfinite(scores["loss"])
    boards = list((elsewhere / "mlruns/tensorboard" / run[:8]).iterdir())
    assert [board.name.startswith("events.out.tfevents") for board in boards] == [True]


def test_averaged_weights_are_lent_for_validation_only(tiny_recipe):
    plan = fit.plan.make(tiny_recipe("training.ema=0.5"))
    snapshot._variables(plan.model)
    before = [np.array(weight) for weight in plan.model.trainable_variables]
    plan.model.optimizer._model_variables_moving_average[0].assign(before[0] + 1)
    with fit.callbacks.averaged(plan.model):
        lent = np.array(plan.model.trainable_variables[0])
    np.testing.assert_allclose(lent, before[0] + 1)
    np.testing.assert_array_equal(plan.model.trainable_variables[0], before[0])
