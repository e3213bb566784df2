"""What is examined: rasters of scenes, or the samples of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kerasseg.doctor.look import Look
from kerasseg.doctor.sketch import Band
from kerasseg.legend import Legend


@dataclass(frozen=True)
class Scenes:
    """Rasters as they lie on disk.

    Args:
        images: Those that hold measurements.
        labels: Those that hold classes.
        pairs: Images with the labels that belong to them.
        legend: What labels mean, if it is known.
        is_series: Whether the images are dates of one place.
        undated: Those images of a series that have no date.
    """

    images: tuple[Look, ...]
    labels: tuple[Look, ...] = ()
    pairs: tuple[tuple[Look, Look], ...] = ()
    legend: Legend | None = None
    is_series: bool = False
    undated: tuple[Look, ...] = ()


@dataclass(frozen=True)
class Tile:
    """What is remembered of a sample.

    Args:
        id: Its name.
        split: Its split.
        digest: A hash of its image.
        counts: Pixels per class, `(C,)`.
        strange: Label values that are no class of the legend.
        bright: The 98th percentile of each band.
        broken: Values that are NaN, infinite or beyond all measures.
        is_empty: Whether its image has one value only.
    """

    id: str
    split: str
    digest: str
    counts: np.ndarray = field(repr=False)
    strange: tuple[int, ...]
    bright: tuple[float, ...]
    broken: int
    is_empty: bool


@dataclass(frozen=True)
class Samples:
    """The samples of all splits.

    Args:
        name: The dataset, for messages.
        bands: Names of the bands.
        legend: What labels mean.
        tiles: All samples.
        train: The values of each band in the training split.
        statistics: Mean and standard deviation per band as they are stored.
        places: Scene, row, column and size of each sample by split and name, where
            known.
        dark: Per date, the dark end of its bands; `(datetime64, value)` pairs.
    """

    name: str
    bands: tuple[str, ...]
    legend: Legend
    tiles: tuple[Tile, ...]
    train: tuple[Band, ...]
    statistics: tuple[np.ndarray, np.ndarray] | None
    places: Mapping[tuple[str, str], tuple[str, int, int, int]]
    dark: tuple[tuple[np.datetime64, float], ...] = ()

    @property
    def splits(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tile.split for tile in self.tiles))

    def counts(self, split: str) -> np.ndarray:
        """Count labelled pixels per class, `(C,)`."""
        own = [tile.counts for tile in self.tiles if tile.split == split]
        return np.sum(own, axis=0) if own else np.zeros(self.legend.num_classes)
