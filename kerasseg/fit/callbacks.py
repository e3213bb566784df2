"""What happens between the epochs of a run: validate, log, keep the best."""

import math
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from kerasseg import artifact
from kerasseg.fit import snapshot
from kerasseg.fit.feed import Feed
from kerasseg.tracking import Board, Run


def is_better(monitor: str) -> Callable[[float, float], bool]:
    """Return whether a first score beats a second: less is better for losses only."""
    if monitor.endswith("loss"):
        return lambda new, old: new < old
    return lambda new, old: new > old


def mode(monitor: str) -> str:
    return "min" if monitor.endswith("loss") else "max"


@contextmanager
def averaged(model: keras.Model):
    """Lend a model the moving averages of its weights, where its optimizer has them."""
    optimizer = model.optimizer
    if not optimizer.use_ema:
        yield
        return
    pairs = list(
        zip(
            model.trainable_variables,
            optimizer._model_variables_moving_average,
            strict=True,
        )
    )
    # Copies: JAX gives the memory of what it evaluates away.
    raw = [np.array(weight) for weight, _ in pairs]
    for weight, average in pairs:
        weight.assign(np.array(average))
    try:
        yield
    finally:
        for (weight, _), value in zip(pairs, raw, strict=True):
            weight.assign(value)


class Validate(keras.callbacks.Callback):
    """Scores the validation split after each epoch, on averaged weights if there are.

    It must come first: what follows reads its scores, named `val_*`.
    """

    def __init__(self, feed: Feed):
        super().__init__()
        self._feed = feed

    def on_epoch_end(self, epoch, logs=None):
        with averaged(self.model):
            scores = self.model.evaluate(
                self._feed.source(), return_dict=True, verbose=0
            )
        self._feed.close()
        logs.update({f"val_{name}": value for name, value in scores.items()})


class KeepBest(keras.callbacks.Callback):
    """Saves the model whenever the monitored score is the best so far.

    Args:
        saved: The uncompiled model that shares its weights with the fitted one.
        path: Where to.
        monitor: The score's name.
    """

    def __init__(self, saved: keras.Model, path: Path, monitor: str):
        super().__init__()
        self._saved = saved
        self._path = path
        self.monitor = monitor
        self.best: float | None = None
        self.best_epoch = -1

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in logs:
            known = ", ".join(name for name in logs if "/" not in name)
            raise ValueError(
                f"training.monitor: no score {self.monitor!r}. Choose from: {known}."
            )
        score = float(logs[self.monitor])
        # A first epoch without a score (every class absent) still gives a model, and
        # the first that has one a better: nothing compares with what is no number.
        unscored = self.best is None or math.isnan(self.best)
        if unscored or is_better(self.monitor)(score, self.best):
            self.best, self.best_epoch = score, epoch
            with averaged(self.model):
                artifact.save(self._saved, self._path)


class Track(keras.callbacks.Callback):
    """Logs each epoch's scores, learning rate, speed and time.

    Args:
        run: Where to.
        position: The run's history so far; each epoch is added to it.
        batches: Tell of the speed of the data.
        board: Where to as well, for TensorBoard.
    """

    def __init__(
        self,
        run: Run,
        position: snapshot.Position,
        batches,
        board: Board | None = None,
    ):
        super().__init__()
        self._board = board
        self._run = run
        self._position = position
        self._batches = batches
        self._begun = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        scores = {name: float(value) for name, value in logs.items()}
        scores |= {
            "learning_rate": float(
                keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
            ),
            "epoch_seconds": time.perf_counter() - self._begun,
            "samples_per_second": self._batches.samples_per_second,
            "waiting_for_data_seconds": self._batches.waiting_s,
        }
        self._position.history.append(scores)
        self._run.scores(scores, epoch)
        if self._board is not None:
            self._board.scores(scores, epoch)
