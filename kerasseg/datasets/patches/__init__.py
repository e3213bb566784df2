"""Patches of your own scenes, as `kerasseg prepare patches` writes them.

A folder with `index.csv`, `legend.json`, `patches.json`, `images/` and `labels/`.
Scenes of several dates are series: an image holds the bands of all its dates, one after
another.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from kerasseg import dates as calendar
from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.datasets.patches import files
from kerasseg.datasets.patches.fake import write_fake
from kerasseg.datasets.patches.files import (
    ABOUT,
    FIELDS,
    INDEX,
    LEGEND,
    crc,
    digest,
    fingerprint,
    index_text,
    read_image,
)
from kerasseg.legend import Legend
from kerasseg.sample import Sample

__all__ = [
    "ABOUT",
    "FIELDS",
    "INDEX",
    "LEGEND",
    "Patches",
    "crc",
    "digest",
    "fingerprint",
    "index_text",
    "load",
    "read_image",
    "write_fake",
]


@dataclass(frozen=True)
class Patches:
    """One split of a folder of patches; see `sample.Dataset`.

    It holds names and counts, and no open file: it can be pickled, and read from by
    many threads.
    """

    root: Path
    ids: tuple[str, ...]
    bands: tuple[str, ...]
    legend: Legend
    scenes: tuple[str, ...]
    """The scene of each patch."""
    size: int
    """Pixels along a patch's side."""
    counts: np.ndarray = field(repr=False)
    """Pixels per class of each patch, int64 `(P, K)`."""
    _mean: np.ndarray = field(repr=False)
    _std: np.ndarray = field(repr=False)
    dates: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    """The dates of each scene that is a series, `datetime64[D]` `(T,)`."""
    first_day: np.datetime64 | None = None
    """Day 0 of the season."""
    percentiles: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)
    """Percentiles per band of the training split, once `prepare statistics` ran."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        image, label = files.read(self.root, self.ids[index])
        dates = self.dates.get(self.scenes[index])
        count = len(self.bands) * (1 if dates is None else len(dates))
        if image.shape[:2] != label.shape or image.shape[2] != count:
            raise ValueError(
                f"{self.root}: image {self.ids[index]} is {image.shape} for "
                f"{count} bands and a label of {label.shape}. Prepare the "
                "data again."
            )
        if dates is None:
            return {"image": image, "label": label}
        series = image.reshape(*label.shape, len(dates), -1).transpose(2, 0, 1, 3)
        return {
            "image": series,
            "label": label,
            "days": calendar.days_since(dates, self.first_day, self.scenes[index]),
            "day_of_year": calendar.day_of_year(dates),
        }

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`."""
        return self.counts.sum(axis=0)

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation per band of the training split."""
        return self._mean, self._std

    @property
    def resolution(self) -> float | None:
        """Side of a pixel, metres; None for scenes without georeferencing."""
        return raster.info(self.root / "images" / f"{self.ids[0]}.tif").resolution

    def fingerprint(self) -> str:
        """Hash what all files of the folder hold now.

        It equals the fingerprint in `patches.json` as long as nothing has changed.
        """
        index = (self.root / INDEX).read_text(encoding="utf-8")
        names = [line[0] for line in list(csv.reader(io.StringIO(index)))[1:]]
        checks = ((name, files.crc(*files.read(self.root, name))) for name in names)
        return files.fingerprint(self.legend, index, checks)


def load(
    split: Literal["train", "val", "test"],
    root: str | Path = "data/patches",
    *,
    reference_date: str | None = None,
) -> Patches:
    """Load one split.

    Args:
        split: Which.
        root: The folder.
        reference_date: Of series: day 0, such as 2018-09-01; by default the first date
            of all scenes.

    Raises:
        FileNotFoundError: If there are no patches.
        ValueError: If the files do not fit each other, or the split is empty.
    """
    root = Path(root)
    about = files.read_about(root)
    legend = legends.read(root / LEGEND)
    lines = files.read_index(root, about, legend)
    chosen = [line for line in lines if line[4] == split]
    if not chosen:
        raise ValueError(
            f"{root / INDEX}: no patch in split {split!r}, of {len(lines)} in all. "
            "Prepare the data again with a fraction for it."
        )
    start = len(FIELDS)
    counts = [line[start : start + legend.num_classes] for line in chosen]
    dates = {name: calendar.parse_all(d) for name, d in about["dates"].items()}
    first = min((each.min() for each in dates.values()), default=None)
    return Patches(
        root=root,
        ids=tuple(line[0] for line in chosen),
        bands=tuple(about["bands"]),
        legend=legend,
        scenes=tuple(line[1] for line in chosen),
        size=about["size"],
        counts=np.array(counts, np.int64),
        _mean=np.array(about["mean"], np.float64),
        _std=np.array(about["std"], np.float64),
        dates=dates,
        first_day=calendar.parse(reference_date) if reference_date else first,
        percentiles=about["statistics"].get("percentiles", {}),
    )
