"""The patches of a scene as a dataset."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kerasseg.datasets.series.scene import Scene
from kerasseg.legend import Legend
from kerasseg.raster import Window
from kerasseg.sample import Sample


@dataclass(frozen=True)
class Series:
    """One split of the patches of a scene; see `sample.Dataset`.

    It holds names and counts, and no open file: it can be pickled, and read from by
    many threads. A sample opens its files, reads their window and closes them.
    """

    scene: Scene
    ids: tuple[str, ...]
    windows: tuple[Window, ...]
    counts: np.ndarray = field(repr=False)
    """Pixels per class of each patch, int64 `(P, K)`."""
    training: tuple[Window, ...] = field(repr=False)
    """The patches that statistics are taken of."""

    @property
    def bands(self) -> tuple[str, ...]:
        return self.scene.bands

    @property
    def legend(self) -> Legend:
        return self.scene.legend

    @property
    def resolution(self) -> float | None:
        """Side of a pixel, metres, if the labels tell where they lie."""
        return self.scene.label.resolution

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        return self.scene.sample(self.windows[index])

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`."""
        return self.counts.sum(axis=0)

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation per band of the training split.

        Over pixels that are not 0. All training patches are read, one at a time, the
        first time it is asked for.
        """
        return self._moments

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        number, total, squares = np.zeros((3, len(self.bands)))
        for window in self.training:
            image = self.scene.sample(window)["image"]
            pixels = image.reshape(-1, len(self.bands)).astype(np.float64)
            number += np.count_nonzero(pixels, axis=0)
            total += pixels.sum(axis=0)
            squares += np.einsum("pc,pc->c", pixels, pixels)
        mean = total / np.maximum(number, 1)
        variance = squares / np.maximum(number, 1) - mean**2
        return mean, np.sqrt(np.maximum(variance, 0))

    def fingerprint(self) -> str:
        """Hash all files, and which patches are made of them, and how."""
        chosen = (self.scene.fingerprint(), self.ids, self.windows)
        return hashlib.sha256(repr(chosen).encode()).hexdigest()[:12]
