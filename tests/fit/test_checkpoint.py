"""A run stops when asked to, wherever it is, and goes on from there."""

import signal
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasseg import fit, tracking
from kerasseg.fit import checkpoint, snapshot

slow = pytest.mark.slow
once = pytest.mark.once


@pytest.fixture
def watched(tmp_path):
    # A shell lets what it runs in the background ignore Ctrl-C, these tests among it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield checkpoint.Checkpoint(tmp_path / "a.npz", snapshot.Position(), [], 3, None)
    signal.signal(signal.SIGINT, before)


def signalled(watched, *numbers):
    with checkpoint.signals_to(watched):
        for number in numbers:
            signal.raise_signal(number)


@once
def test_the_first_signal_is_remembered_till_a_batch_ends(watched):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(fit.Interrupted) as told:
        signalled(watched, signal.SIGTERM)
    assert told.value.signal == watched.signal == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


@once
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(watched, first):
    with pytest.raises(KeyboardInterrupt):
        signalled(watched, first, signal.SIGINT)


@once
def test_without_a_signal_nothing_is_raised(watched):
    with checkpoint.signals_to(watched):
        pass
    assert watched.signal is None


@once
@pytest.mark.parametrize("executed", [1, 2])
def test_snapshots_are_at_least_an_interval_apart(tmp_path, monkeypatch, executed):
    written = []
    kept = checkpoint.Checkpoint(
        tmp_path / "a.npz", snapshot.Position(), [], steps=12, interval=3
    )
    kept.set_model(keras.Model())

    def save(path, model, position):
        written.append(position.step)

    monkeypatch.setattr(snapshot, "save", save)
    for batch in range(executed - 1, 12, executed):
        kept.on_train_batch_end(batch)
    assert written == {1: [3, 6, 9], 2: [4, 8]}[executed]


@once
def test_counters_come_back_into_callbacks():
    def stopping():
        return keras.callbacks.EarlyStopping("loss")

    worn, fresh = stopping(), stopping()
    worn.wait, worn.best, worn.best_epoch = 2, np.float32(0.5), 7
    checkpoint.set_counters([fresh], checkpoint.counters([worn]))
    assert (fresh.wait, fresh.best, fresh.best_epoch) == (2, 0.5, 7)


def status() -> str:
    return tracking.runs()[0]["status"]


def where(folder: Path) -> tuple[int, int]:
    (path,) = folder.glob("mlruns/checkpoints/*/snapshot.npz")
    position = snapshot.position(path)
    return position.epoch, position.step


def weights(folder: Path) -> dict[str, np.ndarray]:
    (path,) = folder.glob("mlruns/checkpoints/*/snapshot.npz")
    with np.load(path) as archive:
        return {name: archive[name] for name in archive if name != "position"}


def epochs(name: str = "val_loss") -> list[int]:
    history = tracking.client().get_metric_history(tracking.runs()[0]["run"], name)
    return [point.step for point in history]


@slow
@pytest.mark.parametrize("moment", [2, None], ids=["last batch", "validation"])
def test_a_stop_at_the_end_of_an_epoch_waits_for_its_scores(
    moment, elsewhere, tiny_recipe, stop_at, unconcluded
):
    stop_at(0, moment)
    with pytest.raises(fit.Interrupted):
        fit.run(tiny_recipe(), progress=False)
    assert (status(), where(elsewhere), epochs()) == ("KILLED", (1, 0), [0])
    fit.run(tiny_recipe(), resume="latest", progress=False)
    assert (status(), where(elsewhere), epochs()) == ("FINISHED", (3, 0), [0, 1, 2])


@slow
def test_a_stop_in_the_last_validation_is_not_lost(elsewhere, tiny_recipe, stop_at):
    stop_at(2, None)
    with pytest.raises(fit.Interrupted):
        fit.run(tiny_recipe(), progress=False)
    assert status() == "KILLED"
    fit.run(tiny_recipe(), resume="latest", progress=False)
    assert status() == "FINISHED"
    assert epochs() == [0, 1, 2]
    assert "test_mean_iou" in tracking.runs()[0]["scores"]


@slow
def test_a_crash_in_validation_goes_on_from_within_the_epoch(
    elsewhere, tiny_recipe, unconcluded, monkeypatch
):
    class PowerCutError(Exception):
        pass

    def cut(self, epoch, logs=None):
        raise PowerCutError

    frequent = tiny_recipe("training.checkpoint_steps=1")
    with monkeypatch.context() as patch:
        patch.setattr(fit.job.Validate, "on_epoch_end", cut)
        with pytest.raises(PowerCutError):
            fit.run(frequent, progress=False)
    assert (status(), where(elsewhere)) == ("FAILED", (0, 2))
    fit.run(frequent, resume="latest", progress=False)
    assert (status(), where(elsewhere), epochs()) == ("FINISHED", (3, 0), [0, 1, 2])


@slow
def test_a_run_stopped_twice_ends_like_one_that_was_not(
    tmp_path, monkeypatch, tiny_recipe, stop_at, unconcluded
):
    recipe = tiny_recipe("training.ema=0.9", "training.early_stopping=9")
    for name, stops in (("straight", []), ("twice", [(1, 0), (1, 0), (2, 1)])):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        resume = None
        for epoch, batch in stops:
            stop_at(epoch, batch)
            with pytest.raises(fit.Interrupted):
                fit.run(recipe, resume=resume, progress=False)
            resume = "latest"
        stop_at(-1, -1)
        fit.run(recipe, resume=resume, progress=False)
    expected, found = (weights(tmp_path / name) for name in ("straight", "twice"))
    assert expected.keys() == found.keys()
    exact = keras.config.backend() == "jax"
    for name, values in expected.items():
        tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-3, "atol": 1e-5}
        np.testing.assert_allclose(found[name], values, **tolerance)
