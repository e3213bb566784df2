"""What happens between epochs: the best model is the one with the best score."""

import math

import pytest
from fakes import tiny

from kerasseg.fit import callbacks


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Return a function from scores of the epochs to the epochs that were saved."""
    model = tiny(3, 3)
    model.compile("adam", "mse")

    def run(monitor: str, *scores: float) -> list[int]:
        saved = []
        best = callbacks.KeepBest(model, tmp_path / "best.keras", monitor)
        best.set_model(model)
        monkeypatch.setattr(
            callbacks.artifact, "save", lambda *_: saved.append(best.best_epoch)
        )
        for epoch, score in enumerate(scores):
            best.on_epoch_end(epoch, {monitor: score})
        return saved

    return run


def test_more_is_better_but_for_losses(keep):
    assert keep("val_mean_iou", 0.3, 0.2, 0.3, 0.4) == [0, 3]
    assert keep("val_loss", 0.3, 0.2, 0.3, 0.4) == [0, 1]


def test_a_first_epoch_without_a_score_does_not_stay_the_best(keep):
    assert keep("val_mean_iou", math.nan, 0.1, math.nan, 0.2) == [0, 1, 3]
    assert keep("val_loss", math.nan, math.nan, 2.0) == [0, 1, 2]


def test_only_losses_are_to_be_small():
    assert callbacks.mode("val_loss") == callbacks.mode("loss") == "min"
    assert callbacks.mode("val_iou/water") == "max"
