"""A scene seen on many dates, and its patches."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from kerasseg import dates, files, raster
from kerasseg import legend as legends
from kerasseg.datasets.series import frames
from kerasseg.datasets.series.files import File
from kerasseg.legend import IGNORE, Legend, LegendError
from kerasseg.raster import Window
from kerasseg.sample import Sample


@dataclass(frozen=True)
class Clouds:
    """Which dates of a patch are worth having.

    Args:
        files: The cloud mask of each date.
        clear: Its values that mean a clear view.
        least: A date is dropped where a smaller share of the patch is clear.
    """

    files: tuple[File, ...]
    clear: tuple[int, ...]
    least: float


@dataclass(frozen=True)
class Scene:
    """Files of one place, read window by window; see `load` for what the parts mean."""

    root: Path
    label: raster.Info
    legend: Legend
    bands: tuple[str, ...]
    dtype: str
    dates: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    files: tuple[tuple[File, ...], ...] = field(repr=False)
    """Of each date."""
    offsets: tuple[int, ...] = field(repr=False)
    """Of each date."""
    resampling: frames.Resampling
    clouds: Clouds | None
    drop_empty: bool

    def sample(self, window: Window) -> Sample:
        """Read a patch; beyond the border of the scene it is 0 and unlabelled."""
        inside = window.within(self.label.height, self.label.width)
        rows, columns = slice(inside.height), slice(inside.width)
        label = np.full((window.height, window.width), IGNORE, np.uint8)
        label[rows, columns] = classes(self.label.path, self.label, self.legend, inside)
        chosen = self._clear(inside)
        shape = (len(chosen), window.height, window.width, len(self.bands))
        image = np.zeros(shape, self.dtype)
        for place, date in enumerate(chosen):
            image[place, rows, columns] = frames.read(
                self.files[date],
                self.bands,
                inside,
                self.resampling,
                self.offsets[date],
            )
        if self.drop_empty:
            seen = image.any(axis=(1, 2, 3))
            seen[0] |= not seen.any()
            image, chosen = image[seen], chosen[seen]
        return {
            "image": image,
            "label": label,
            "days": self.days[chosen],
            "day_of_year": dates.day_of_year(self.dates[chosen]),
        }

    def paths(self) -> list[Path]:
        """List the files a sample is made of, but the labels."""
        used = [file for one in self.files for file in one]
        return [file.path for file in (*used, *(self.clouds or _NONE).files)]

    def _clear(self, inside: Window) -> np.ndarray:
        """Return the dates that are clear enough, or the clearest one."""
        if self.clouds is None:
            return np.arange(len(self.files))
        shares = np.array(
            [
                np.isin(
                    frames.band(file, [0], inside, "nearest"), self.clouds.clear
                ).mean()
                for file in self.clouds.files
            ]
        )
        chosen = np.flatnonzero(shares >= self.clouds.least)
        return chosen if len(chosen) else np.argmax(shares, keepdims=True)


_NONE = Clouds((), (), 0)


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
        """Hash all files, and which patches and dates are made of them, and how."""
        scene, clouds = self.scene, self.scene.clouds or _NONE
        label = scene.label.path
        settings = (
            files.fingerprint(scene.paths(), scene.root),
            files.fingerprint([label], label.parent),
            legends.dumps(scene.legend),
            (self.ids, self.windows, scene.bands, scene.dtype, scene.days.tolist()),
            (scene.offsets, scene.resampling, scene.drop_empty),
            (clouds.clear, clouds.least),
        )
        return hashlib.sha256(repr(settings).encode()).hexdigest()[:12]


def classes(
    source: Path | raster.Stack, label: raster.Info, legend: Legend, window: Window
) -> np.ndarray:
    """Read class indices of a window, uint8 `(H, W)`.

    The raster's nodata value is ignored where the legend does not name it.

    Args:
        source: The raster, open or not.
        label: What is known of it.
        legend: What its values mean.
        window: It must lie inside.

    Raises:
        LegendError: If a value is not in the legend.
    """
    values = raster.read_label(source, window)
    entries = (*legend.classes, *legend.ignored)
    named = any(label.nodata in entry.codes for entry in entries)
    try:
        if label.nodata is None or named:
            return legend.from_codes(values)
        known = values != label.nodata
        indices = np.full(values.shape, IGNORE, np.uint8)
        indices[known] = legend.from_codes(values[known])
        return indices
    except LegendError as error:
        raise LegendError(f"{label.path}: {error}") from None


def patches(
    label: raster.Info, legend: Legend, size: int
) -> tuple[Sequence[Window], np.ndarray]:
    """List the patches that hold a labelled pixel, and count pixels per class.

    Returns:
        Windows, row by row, and counts, int64 `(P, num_classes)`.
    """
    changed = label.path.stat().st_mtime_ns
    return _patches(label.path, changed, legend, size)


@lru_cache(maxsize=4)  # Each split of a dataset asks for the same.
def _patches(path: Path, changed: int, legend: Legend, size: int):
    windows, counts = [], []
    with raster.open_stack(path) as stack:
        label = stack.info
        for window in raster.windows(label.height, label.width, size, edge="pad"):
            inside = window.within(label.height, label.width)
            found = classes(stack, label, legend, inside)
            count = np.bincount(found.ravel(), minlength=256)[: legend.num_classes]
            if count.any():
                windows.append(window)
                counts.append(count)
    if not windows:
        raise ValueError(f"{path}: no labelled pixel. Correct the labels or legend.")
    return tuple(windows), np.array(counts, np.int64)
