"""Show how a fit comes along: a bar within the epoch, a line for each one done."""

import time

import keras
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

_SHOWN = ("loss", "mean_iou", "val_loss", "val_mean_iou")


class ShowProgress(keras.callbacks.Callback):
    """Draws a bar on a terminal and prints one line per epoch anywhere.

    Args:
        steps: Batches per epoch.
        epochs: Epochs of the whole run.
        batch_size: Samples per batch.
        first_step: Batches of the first epoch that were done before a stop.
    """

    def __init__(self, steps: int, epochs: int, batch_size: int, first_step: int = 0):
        super().__init__()
        self._steps = steps
        self._epochs = epochs
        self._batch_size = batch_size
        self._first_step = first_step
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._begun = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = time.perf_counter()
        if not self._console.is_terminal:
            return
        self._bar = Progress(
            TextColumn(f"epoch {epoch + 1:>3}/{self._epochs}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(
            "", total=self._steps, completed=self._first_step, speed=""
        )
        self._bar.start()

    def on_train_batch_end(self, batch, logs=None):
        if self._bar is None:
            return
        elapsed = time.perf_counter() - self._begun
        speed = f"{(batch + 1) * self._batch_size / elapsed:.1f} samples/s"
        done = self._first_step + batch + 1
        self._bar.update(self._task, completed=done, speed=speed)

    def on_epoch_end(self, epoch, logs=None):
        self.close()
        self._first_step = 0
        scores = "  ".join(
            f"{name} {float(logs[name]):.4f}" for name in _SHOWN if name in logs
        )
        elapsed = time.perf_counter() - self._begun
        self._console.print(
            f"epoch {epoch + 1:>3}/{self._epochs}  {scores}  {elapsed:.0f} s",
            soft_wrap=True,
        )

    def close(self) -> None:
        """Take the bar away, also after a stop in the middle."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
