"""Batches for training and evaluation, the same ones whatever loads them.

The unit of work is a whole batch: one thread reads, augments and writes its samples
straight into their places, so nothing is copied once more to collate them.
Which samples a batch holds, and how they are augmented, follows from the seed, the
epoch and the sample alone. Pixels keep the type they are stored in.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Literal

from kerasseg.pipeline import loaders
from kerasseg.pipeline.loaders import Batch
from kerasseg.pipeline.plan import Epoch, Plan
from kerasseg.pipeline.source import dataset
from kerasseg.sample import Dataset, Transform

__all__ = ["Batch", "Batches", "batches", "dataset"]

_LOADERS = {
    "grain": loaders.through_grain,
    "tf.data": loaders.through_tensorflow,
}


def batches(  # noqa: PLR0913  (each is a key of a recipe)
    dataset: Dataset,
    batch_size: int,
    *,
    augment: Sequence[Transform] = (),
    shuffle: bool = False,
    seed: int = 1,
    loader: Literal["grain", "tf.data"] = "grain",
    workers: int = 2,
    prefetch: int = 4,
    last: Literal["drop", "pad"] = "drop",
    length_step: int = 8,
    weights: Sequence[float] | None = None,
    crop_sizes: Sequence[int] = (),
) -> "Batches":
    """Cut a dataset into batches of one shape.

    Args:
        dataset: Where samples come from. Read by several threads at once.
        batch_size: Samples in every batch.
        augment: What to do to each sample, from first to last.
        shuffle: Whether each epoch has an order of its own.
        seed: Decides order and augmentation.
        loader: The library whose threads do the work. The batches are the same.
        workers: Number of threads. 0 works in the calling thread, for debugging.
        prefetch: Batches that may wait ready.
        last: What becomes of samples that do not fill a batch: they are dropped, or
            the batch is filled up with repeated images, all of whose labels are
            `legend.IGNORE`.
        length_step: The series of a batch are filled up with dates of day
            `sample.ABSENT` to the length of the longest, rounded up to a multiple of
            this. Backends compile once per length.
        weights: How often each sample is drawn, relative to others; needs `shuffle`.
            An epoch has as many samples as without. See `sampling.weights`.
        crop_sizes: Sides of squares. Each batch draws one, and its samples are cut to
            it at random places before they are augmented. Backends compile once per
            size. Without any, samples stay whole.

    Raises:
        ValueError: If there would be no batch, a square does not fit the samples, or
            the loader is not installed.
    """
    if batch_size < 1 or workers < 0 or prefetch < 1 or length_step < 1:
        raise ValueError(
            f"batches: batch_size {batch_size}, workers {workers}, prefetch {prefetch},"
            f" length_step {length_step}. Give at least 1, 0, 1 and 1."
        )
    if loader == "tf.data" and find_spec("tensorflow") is None:
        raise ValueError(
            'loader "tf.data" needs TensorFlow, which is not installed. Run '
            '`pip install "kerasseg[tensorflow]"`, or choose loader "grain".'
        )
    if weights is not None and (not shuffle or len(weights) != len(dataset)):
        raise ValueError(
            f"batches: {len(weights)} weights of {len(dataset)} samples, shuffle "
            f"{shuffle}. Give one of each sample, and shuffle."
        )
    weights = None if weights is None else tuple(weights)
    plan = Plan(
        dataset,
        batch_size,
        tuple(augment),
        shuffle,
        seed,
        last,
        length_step,
        weights,
        tuple(crop_sizes),
    )
    if not len(plan):
        raise ValueError(
            f"batches: {len(dataset)} samples do not fill one batch of {batch_size}. "
            "Choose a smaller batch_size or another split."
        )
    _check_crops(dataset, crop_sizes)
    return Batches(plan, partial(_LOADERS[loader], workers=workers, prefetch=prefetch))


def _check_crops(dataset: Dataset, crop_sizes: Sequence[int]) -> None:
    """Refuse squares that the first sample has no place for."""
    if not crop_sizes:
        return
    height, width = dataset[0]["label"].shape
    if not 1 <= min(crop_sizes) <= max(crop_sizes) <= min(height, width):
        raise ValueError(
            f"crop_sizes {', '.join(map(str, crop_sizes))}: samples are {height} x "
            f"{width} pixels. Give sizes from 1 to {min(height, width)}."
        )


class Batches:
    """The batches of any epoch. Its length is the number of batches per epoch.

    Attributes:
        waiting_s: Seconds that whoever asks for batches spent waiting for them, in
            the epoch begun last.
    """

    def __init__(self, plan: "Plan", load: Callable[[Epoch], Iterator[Batch]]):
        self._plan = plan
        self._load = load
        self._start_over()

    def __len__(self) -> int:
        return len(self._plan)

    @property
    def sizes_vary(self) -> bool:
        """Whether images of one batch may be larger than those of another."""
        return len(set(self._plan.crop_sizes)) > 1

    @property
    def samples_per_second(self) -> float:
        """Samples handed out per second of the epoch begun last, work included."""
        return self._samples / self._elapsed_s if self._elapsed_s else 0.0

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Go through one epoch. Closing or dropping the iterator ends its threads.

        Args:
            number: The epoch, from 0.
            start: The batch to begin at; those before it are not read.

        Raises:
            ValueError: If the epoch has no such batch.
        """
        if number < 0 or not 0 <= start <= len(self):
            raise ValueError(
                f"batches: epoch {number}, batch {start}. "
                f"Epochs count from 0 and have {len(self)} batches each."
            )
        return self._measured(Epoch(self._plan, number, start))

    def _measured(self, epoch: "Epoch") -> Iterator[Batch]:
        self._start_over()
        begun = time.perf_counter()
        loaded = self._load(epoch)
        try:
            for position in range(len(epoch)):
                asked = time.perf_counter()
                batch = next(loaded)
                now = time.perf_counter()
                self.waiting_s += now - asked
                self._elapsed_s = now - begun
                self._samples += len(epoch.indices(position))
                yield batch
        finally:
            loaded.close()

    def _start_over(self) -> None:
        self.waiting_s = self._elapsed_s = 0.0
        self._samples = 0
