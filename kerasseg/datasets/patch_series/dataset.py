"""A split of patches of time series, read from their files when asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from kerasseg import dates as calendar
from kerasseg.datasets.patch_series.arrays import view
from kerasseg.datasets.patch_series.norm import Norm
from kerasseg.files import fingerprint
from kerasseg.legend import IGNORE, Legend
from kerasseg.sample import Sample

_NO_VALUE = 256
"""What stands for any label value that no byte can hold."""


@dataclass(frozen=True, eq=False)
class Patch:
    """One patch: where its files are, and its dates.

    Args:
        id: Its name.
        image: Frames `(T, C, H, W)`.
        label: Label `(H, W)`, or `(P, H, W)` whose first plane it is.
        dates: `datetime64[D]` `(T,)`, rising.
        days: What a model is told of each date, int32 `(T,)`.
        norm: The norm its pixels are restated from, if they are.
    """

    id: str
    image: Path
    label: Path
    dates: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    norm: Norm | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class PatchSeries:
    """One split of a dataset of patches of time series; see `sample.Dataset`.

    It holds names and dates, and no open file: it can be pickled, and read from by
    many threads.

    Args:
        root: The folder of the data.
        patches: Those of the split.
        bands: The names of the bands of a sample.
        legend: What label values mean.
        norm: The norm of the training split.
        files: Files beside the patches that decide what a sample is.
        order: Band `i` of a sample is band `order[i]` of the file; as stored if empty.
        date: Give one image per patch, that of the date nearest to this one.
    """

    root: Path
    patches: tuple[Patch, ...]
    bands: tuple[str, ...]
    legend: Legend
    norm: Norm
    files: tuple[Path, ...]
    order: tuple[int, ...] = ()
    date: np.datetime64 | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(patch.id for patch in self.patches)

    @property
    def dates(self) -> tuple[np.ndarray, ...]:
        """The dates of each patch, `datetime64[D]` `(T,)`."""
        return tuple(patch.dates for patch in self.patches)

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, index: int) -> Sample:
        patch = self.patches[index]
        series, label = self._series(patch), self._label(patch)
        if series.shape[1:3] != label.shape:
            raise ValueError(
                f"{patch.image} has frames of {series.shape[1:3]} pixels, but "
                f"{patch.label} has {label.shape}. Download both again."
            )
        if self.date is not None:
            image = series[calendar.nearest(patch.dates, self.date)]
            return {"image": self._finished(image, patch), "label": label}
        return {
            "image": self._finished(series, patch),
            "days": patch.days.copy(),
            "day_of_year": calendar.day_of_year(patch.dates),
            "label": label,
        }

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`.

        The first call reads every label of the split.
        """
        return self._counts.copy()

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation per band of the training split."""
        return self.norm.mean, self.norm.std

    def fingerprint(self) -> str:
        """Hash the contents of all files of this split, and those it depends on."""
        return fingerprint([*self.files, *self._paths()], self.root)

    def _paths(self) -> Iterator[Path]:
        for patch in self.patches:
            yield from (patch.image, patch.label)

    @cached_property
    def _counts(self) -> np.ndarray:
        counts = np.zeros(256, np.int64)
        for patch in self.patches:
            counts += np.bincount(self._label(patch).ravel(), minlength=256)
        return counts[: self.legend.num_classes]

    @cached_property
    def _table(self) -> np.ndarray:
        """The class of each label value, int16 `(257,)`; -1 where there is none."""
        table = np.full(_NO_VALUE + 1, -1, np.int16)
        for entry in self.legend.ignored:
            table[list(entry.codes)] = IGNORE
        for index, entry in enumerate(self.legend.classes):
            table[list(entry.codes)] = index
        return table

    def _series(self, patch: Patch) -> np.ndarray:
        """Return a view `(T, H, W, C)` of the file's frames."""
        frames = view(patch.image)
        if frames.ndim != 4 or frames.shape[1] != len(self.bands):
            raise ValueError(
                f"{patch.image} is {frames.shape}, not (dates, {len(self.bands)}, "
                f"rows, columns) with bands {', '.join(self.bands)}. Download it again."
            )
        if len(frames) != len(patch.dates):
            raise ValueError(
                f"{patch.image} has {len(frames)} frames, but {self.files[0].name} has "
                f"{len(patch.dates)} dates for it. Download both again."
            )
        return frames.transpose(0, 2, 3, 1)

    def _finished(self, image: np.ndarray, patch: Patch) -> np.ndarray:
        """Put bands in order, and restate pixels where that is asked for."""
        if self.order:
            stored, image = image, np.empty(image.shape, image.dtype)
            for band, place in enumerate(self.order):
                image[..., band] = stored[..., place]
        return image if patch.norm is None else self.norm.restated(image, patch.norm)

    def _label(self, patch: Patch) -> np.ndarray:
        planes = view(patch.label)
        plane = planes[0] if planes.ndim == 3 and len(planes) else planes
        if plane.ndim != 2 or plane.dtype.kind == "f" or not plane.size:
            raise ValueError(
                f"{patch.label} is {planes.dtype} {planes.shape}, not whole numbers "
                "(rows, columns) or (planes, rows, columns). Download it again."
            )
        known = (plane >= 0) & (plane <= 255)
        label = self._table[np.where(known, plane, _NO_VALUE)]
        wrong = np.unique(plane[label < 0])
        if wrong.size:
            raise ValueError(
                f"{patch.label}: label value {', '.join(map(str, wrong[:8].tolist()))} "
                f"is not in the legend, which knows {self._known()}. Correct the file, "
                "or give each value a name in classes.json."
            )
        return label.astype(np.uint8)

    def _known(self) -> str:
        codes = np.flatnonzero(self._table >= 0)
        whole = codes[-1] - codes[0] + 1 == codes.size
        return f"{codes[0]} to {codes[-1]}" if whole else ", ".join(map(str, codes))
