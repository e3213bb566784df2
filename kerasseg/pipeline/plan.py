"""What is in which batch of which epoch, and how one batch is made."""

import threading
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from kerasseg.augment.geometry import random_crop
from kerasseg.legend import IGNORE
from kerasseg.pipeline.sampling import draw
from kerasseg.sample import ABSENT, Dataset, Sample, Transform


@dataclass(frozen=True)
class Plan:
    """What is in which batch of which epoch."""

    dataset: Dataset
    batch_size: int
    augment: tuple[Transform, ...]
    shuffle: bool
    seed: int
    last: str
    length_step: int = 8
    weights: tuple[float, ...] | None = None
    crop_sizes: tuple[int, ...] = ()

    def __len__(self) -> int:
        spare = self.batch_size - 1 if self.last == "pad" else 0
        return (len(self.dataset) + spare) // self.batch_size

    def order(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(len(self.dataset))
        rng = np.random.default_rng([self.seed, epoch])
        if self.weights is not None:
            return draw(self.weights, rng)
        return rng.permutation(len(self.dataset))

    def crop_size(self, epoch: int, position: int) -> int | None:
        """Return the side of the squares in a batch, `None` if samples stay whole."""
        if not self.crop_sizes:
            return None
        # Two numbers as key: those of the samples have one.
        entropy = np.random.SeedSequence([self.seed, epoch], spawn_key=(position, 0))
        return int(np.random.default_rng(entropy).choice(self.crop_sizes))

    def sample(
        self, epoch: int, index: int, crop_size: int | None = None, visit: int = 0
    ) -> Sample:
        """Return a sample as it is the `visit`-th time, from 0, in an epoch."""
        sample = self.dataset[index]
        if self.augment or crop_size:
            # A plain [seed, epoch, 0] would draw what the order was drawn from: NumPy
            # fills short seeds up with zeros. A spawn key is kept apart from these.
            key = (index, visit, 0) if visit else (index,)
            entropy = np.random.SeedSequence([self.seed, epoch], spawn_key=key)
            rng = np.random.default_rng(entropy)
            if crop_size:
                sample = random_crop(sample, rng, size=crop_size)
            for transform in self.augment:
                sample = transform(sample, rng)
        return sample


@dataclass
class Epoch:
    """The batches of one epoch by position, from `start` on. Used by many threads."""

    plan: Plan
    number: int
    start: int
    threads: set[threading.Thread] = field(default_factory=set)

    def __post_init__(self):
        self._order = self.plan.order(self.number)
        self._visits = _visits(self._order)

    def __len__(self) -> int:
        return len(self.plan) - self.start

    def indices(self, position: int) -> list[int]:
        first = (self.start + position) * self.plan.batch_size
        return self._order[first : first + self.plan.batch_size].tolist()

    def __getitem__(self, position: int) -> dict[str, np.ndarray]:
        self.threads.add(threading.current_thread())
        indices = self.indices(position)
        size = self.plan.crop_size(self.number, self.start + position)
        first = (self.start + position) * self.plan.batch_size
        samples = [
            self.plan.sample(self.number, index, size, self._visits[first + place])
            for place, index in enumerate(indices)
        ]
        length = longest(samples, self.plan.length_step)
        # Every batch has memory of its own: JAX may compute on it without copying, so
        # a buffer used again would change under a batch that is still being read.
        batch = {
            key: np.empty(
                (self.plan.batch_size, *_shape(key, value, length)), value.dtype
            )
            for key, value in samples[0].items()
        }
        for place, sample in enumerate(samples):
            _write(sample, batch, place)
        for key, values in batch.items():
            values[len(indices) :] = IGNORE if key == "label" else values[:1]
        return batch


def longest(samples: list[Sample], step: int) -> int | None:
    """Return how many dates their batch has: the most of any, rounded up to a step."""
    if "days" not in samples[0]:
        return None
    return -(-max(len(sample["days"]) for sample in samples) // step) * step


def _visits(order: np.ndarray) -> list[int]:
    """Tell of each place of an epoch how often its sample came before."""
    seen: Counter[int] = Counter()
    visits = []
    for index in order.tolist():
        visits.append(seen[index])
        seen[index] += 1
    return visits


def _shape(key: str, value: np.ndarray, length: int | None) -> tuple[int, ...]:
    if length is None or key == "label":
        return value.shape
    return (length, *value.shape[1:])


def _write(sample: Sample, batch: dict[str, np.ndarray], place: int) -> None:
    """Put a sample into its place, a series followed by dates that are none."""
    dates = len(sample["days"]) if "days" in sample else None
    for key, values in batch.items():
        value, room = sample[key], values[place]
        if dates is not None and key != "label":
            room[dates:] = ABSENT if values.ndim == 2 else 0
            room = room[:dates]
        if value.shape != room.shape or value.dtype != values.dtype:
            raise ValueError(
                f"batches: {key} of type {value.dtype} and shape {value.shape} "
                f"beside {values.dtype} {room.shape}. Samples of one batch "
                "must be alike: crop them, or choose batch_size 1."
            )
        room[...] = value
