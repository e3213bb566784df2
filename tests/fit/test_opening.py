"""A run goes on with what it began with, and tells what it follows."""

import pytest
from fakes import World

from kerasseg import fit, tracking
from kerasseg import recipe as recipes
from kerasseg.fit import opening

pytestmark = pytest.mark.slow


@pytest.fixture
def stopped(elsewhere, tiny_recipe, stop_at, unconcluded):
    """Stop a run within its second epoch, and return its id."""
    stop_at(1, 0)
    with pytest.raises(fit.Interrupted):
        fit.run(tiny_recipe(), progress=False)
    stop_at(-1, -1)
    return tracking.runs()[0]["run"]


def status() -> str:
    return tracking.runs()[0]["status"]


def test_a_refused_resume_leaves_the_run_as_it_was(stopped, tiny_recipe):
    with pytest.raises(ValueError, match=r"learning_rate = 0\.01.* says 0\.5"):
        fit.run(tiny_recipe("training.learning_rate=0.5"), resume=stopped)
    assert status() == "KILLED"


def test_more_epochs_are_run_and_remembered(stopped, tiny_recipe, stop_at):
    longer = tiny_recipe("training.epochs=5")
    stop_at(3, 0)
    with pytest.raises(fit.Interrupted):
        fit.run(longer, resume=stopped, progress=False)
    kept = recipes.read(tracking.find(stopped).recipe)
    assert kept.training.epochs == 5
    with pytest.raises(ValueError, match=r"training\.epochs = 5, the recipe says 3"):
        fit.run(tiny_recipe(), resume=stopped)
    stop_at(-1, -1)
    fit.run(longer, resume=stopped, progress=False)
    history = tracking.client().get_metric_history(stopped, "val_loss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]


def test_changed_data_is_refused(stopped, tiny_recipe, monkeypatch):
    monkeypatch.setattr(World, "fingerprint", lambda self: "another world")
    with pytest.raises(ValueError, match="the data changed since run") as told:
        fit.run(tiny_recipe(), resume=stopped)
    assert "\n" not in str(told.value)
    assert status() == "KILLED"


def test_a_run_whose_process_was_killed_outright_goes_on(stopped, tiny_recipe):
    tracking.reopen(stopped).go_on()
    assert status() == "RUNNING"
    fit.run(tiny_recipe(), resume=stopped, progress=False)
    assert status() == "FINISHED"


def test_a_run_that_is_going_on_is_not_resumed_beside(stopped, tiny_recipe):
    from kerasseg.alone import alone

    with (
        alone(tracking.reopen(stopped).folder, "run x is being fitted"),
        pytest.raises(ValueError, match="fitted by another process"),
    ):
        fit.run(tiny_recipe(), resume=stopped)
    assert status() == "KILLED"


def test_a_run_that_stopped_early_is_only_concluded(
    elsewhere, tiny_recipe, monkeypatch
):
    patient = tiny_recipe(
        "training.early_stopping=1",
        "training.learning_rate=1e-12",
        "training.epochs=9",
        "training.monitor=val_mean_iou",
    )
    with monkeypatch.context() as patch:
        patch.setattr(fit.job, "conclude", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fit.run(patient, progress=False)
    begun = tracking.runs()[0]
    assert begun["status"] == "FAILED"
    run = fit.run(patient, resume="latest", progress=False)
    history = tracking.client().get_metric_history(run, "val_loss")
    assert len(history) < 9
    assert len({point.step for point in history}) == len(history)
    assert "test_mean_iou" in tracking.runs()[0]["scores"]


def test_a_failure_before_the_first_step_ends_the_run(
    elsewhere, tiny_recipe, monkeypatch
):
    monkeypatch.setattr(opening, "describe", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit.run(tiny_recipe(), progress=False)
    assert status() == "FAILED"
