"""Write snapshots of a run while it goes, and stop it cleanly when asked to."""

import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from kerasseg.fit import snapshot

_COUNTERS = {
    "EarlyStopping": ("wait", "best", "best_epoch", "stopped_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
    "KeepBest": ("best", "best_epoch"),
}


class Interrupted(Exception):  # noqa: N818  (it is no error)
    """A run was asked to stop, and left a snapshot to go on from.

    Args:
        signal: The number of the signal that asked.
    """

    def __init__(self, signal: int):
        super().__init__(signal)
        self.signal = signal


class Checkpoint(keras.callbacks.Callback):
    """Writes snapshots, and stops cleanly on Ctrl-C and SIGTERM. Must come last.

    A snapshot is never of the moment between an epoch's last batch and the end of its
    validation: from there, Keras could not go on. It waits for the end.

    Args:
        path: The snapshot's file.
        position: Where the run stands; kept up to date here.
        counted: Callbacks whose counters belong into the snapshot.
        steps: Batches of an epoch.
        interval: Batches between snapshots within an epoch. `None`: five minutes.
    """

    SECONDS = 300

    def __init__(
        self,
        path: Path,
        position: snapshot.Position,
        counted: Sequence[keras.callbacks.Callback],
        steps: int,
        interval: int | None,
    ):
        super().__init__()
        self._path = path
        self._position = position
        self._counted = counted
        self._steps = steps
        self._interval = interval
        self._first_step = position.step
        self._written = time.monotonic()
        self._written_step = position.step
        self._metrics = None
        self.signal: int | None = None

    def on_train_begin(self, logs=None):
        self._written = time.monotonic()
        if self._path.is_file():
            restored = snapshot.restore(self._path, self.model)
            self._metrics = [
                np.array(variable) for variable in self.model.metrics_variables
            ]
            set_counters(self._counted, restored.counters)

    def on_epoch_begin(self, epoch, logs=None):
        self._position.epoch = epoch
        self._position.step = self._first_step
        if self._first_step and self._metrics:
            # Keras has just cleared the scores of the batches done before the stop.
            for variable, value in zip(
                self.model.metrics_variables, self._metrics, strict=True
            ):
                variable.assign(value)
        self._metrics = None

    def on_train_batch_end(self, batch, logs=None):
        self._position.step = self._first_step + batch + 1
        if self._position.step >= self._steps:
            return
        if self.signal is not None or self._due():
            self.write()
        self.stop_if_asked()

    def on_epoch_end(self, epoch, logs=None):
        self._first_step = 0
        self._position.epoch = epoch + 1
        self._position.step = 0
        self._position.stopped = self.model.stop_training
        self.write()
        self.stop_if_asked()

    def write(self) -> None:
        if keras.config.backend() == "jax":
            self.model.jax_state_sync()
        self._position.counters = counters(self._counted)
        snapshot.save(self._path, self.model, self._position)
        self._written = time.monotonic()
        self._written_step = self._position.step

    def stop_if_asked(self) -> None:
        """Raise `Interrupted` if a signal came."""
        if self.signal is not None:
            raise Interrupted(self.signal)

    def _due(self) -> bool:
        if self._interval is not None:
            return self._position.step - self._written_step >= self._interval
        return time.monotonic() - self._written > self.SECONDS


@contextmanager
def signals_to(checkpoint: Checkpoint) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the run after its batch; a second kills."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
    }

    def give_back():
        for number, handler in before.items():
            # `None`: set by C code, which Python cannot set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def remember(number, frame):
        checkpoint.signal = number
        give_back()

    for number in before:
        signal.signal(number, remember)
    try:
        yield
    finally:
        give_back()
    # It may have come while the last snapshot was written.
    checkpoint.stop_if_asked()


def counters(callbacks: Sequence[keras.callbacks.Callback]) -> dict[str, dict]:
    """Return what callbacks remember, as plain numbers."""
    return {
        type(callback).__name__: {
            name: _plain(getattr(callback, name))
            for name in _COUNTERS[type(callback).__name__]
            if hasattr(callback, name)
        }
        for callback in callbacks
    }


def set_counters(
    callbacks: Sequence[keras.callbacks.Callback],
    remembered: Mapping[str, Mapping],
) -> None:
    """Give callbacks back what `counters` returned."""
    for callback in callbacks:
        for name, value in remembered.get(type(callback).__name__, {}).items():
            setattr(callback, name, value)


def _plain(value):
    return value if value is None or isinstance(value, int) else float(value)
