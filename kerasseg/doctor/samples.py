"""Open every sample of every split once, and remember what the checks need of it."""

import csv
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kerasseg import dates
from kerasseg.datasets import patches
from kerasseg.datasets.series.patches import Series
from kerasseg.doctor.findings import Finding
from kerasseg.doctor.scenes import Progress, unreadable
from kerasseg.doctor.sketch import Sketch
from kerasseg.doctor.world import Samples, Tile
from kerasseg.legend import IGNORE
from kerasseg.raster import is_measured
from kerasseg.sample import Dataset, Sample

SPLITS = ("train", "val", "test")
_MOST_PIXELS = 1 << 18
"""Of a sample, so many pixels at most go into percentiles and moments."""


def gather(
    load: Callable[[str], Dataset], name: str, progress: Progress = None
) -> tuple[Samples, list[Finding]]:
    """Look at all samples of a dataset.

    Args:
        load: From the name of a split to it.
        name: The data, for messages.
        progress: Called with (samples looked at, samples in all).

    Returns:
        What was seen, and what could not be.

    Raises:
        ValueError: If no split can be loaded, with the reason of the first.
    """
    splits, found = _splits(load, name)
    first = next(iter(splits.values()))
    gathered = _Gathered(first)
    total, done = sum(map(len, splits.values())), 0
    for split, dataset in splits.items():
        for index, sample_id in enumerate(dataset.ids):
            try:
                gathered.add(split, sample_id, dataset[index])
            except (ValueError, LookupError, OSError) as error:
                found.append(unreadable(f"{name}, {split}: {sample_id}", error))
            done += 1
            if progress is not None:
                progress(done, total)
    return gathered.finished(name, _statistics(first, name, found)), found


def _splits(load: Callable[[str], Dataset], name: str):
    """Load each split; one that is empty is a finding, none at all an error."""
    splits: dict[str, Dataset] = {}
    faults: dict[str, Exception] = {}
    for split in SPLITS:
        try:
            splits[split] = load(split)
        except (ValueError, LookupError, OSError) as error:
            faults[split] = error
    if not splits:
        raise faults[SPLITS[0]]
    found = []
    for split, error in faults.items():
        told = unreadable(f"{name}, {split}", error)
        kind = "K003" if f"no patch in split {split!r}" in str(error) else "K001"
        found.append(Finding(kind, told.file, told.sentence, told.cure))
    return splits, found


def _statistics(dataset: Dataset, name: str, found: list[Finding]):
    try:
        return dataset.statistics()
    except (ValueError, LookupError, OSError) as error:
        found.append(unreadable(f"{name}, statistics", error))
        return None


class _Gathered:
    """What is gathered while samples go by."""

    def __init__(self, dataset: Dataset):
        self.dataset = dataset
        self._tiles: list[Tile] = []
        self._sketches = [Sketch() for _ in dataset.bands]
        self._dark: dict[np.datetime64, float] = {}
        self._calendar = _calendar(dataset)

    def add(self, split: str, name: str, sample: Sample) -> None:
        image, label = sample["image"], sample["label"]
        counts = np.bincount(label.ravel(), minlength=256)
        classes = self.dataset.legend.num_classes
        beyond = [v for v in np.flatnonzero(counts).tolist() if classes <= v != IGNORE]
        held = _held(image)
        whole = held
        if held.dtype.kind == "f":
            whole = held[is_measured(held).all(axis=1)]
        if split == "train":
            for band, sketch in enumerate(self._sketches):
                sketch.add(whole[:, band])
        broken = 0
        if image.dtype.kind == "f":
            broken = int(image.size - np.count_nonzero(is_measured(image)))
        self._tiles.append(
            Tile(
                id=name,
                split=split,
                digest=_digest(image),
                counts=counts[:classes].astype(np.int64),
                strange=tuple(beyond),
                bright=_bright(whole, image.shape[-1]),
                broken=broken,
                is_empty=bool((image == image.ravel()[0]).all()),
            )
        )
        if image.ndim == 4:
            self._add_dates(sample)

    def finished(self, name: str, statistics) -> Samples:
        return Samples(
            name=name,
            bands=tuple(self.dataset.bands),
            legend=self.dataset.legend,
            tiles=tuple(self._tiles),
            train=tuple(each.band() for each in self._sketches),
            statistics=statistics,
            places=_places(self.dataset),
            dark=tuple(sorted(self._dark.items())),
        )

    def _add_dates(self, sample: Sample) -> None:
        """Remember the darkest place of each date; dates without data do not count."""
        keys = zip(sample["days"].tolist(), sample["day_of_year"].tolist(), strict=True)
        for key, frame in zip(keys, sample["image"], strict=True):
            date, held = self._calendar.get(key), _held(frame)
            if date is None or not len(held):
                continue
            dark = float(np.percentile(held, 1, axis=0).min())
            self._dark[date] = min(dark, self._dark.get(date, dark))


def _held(image: np.ndarray) -> np.ndarray:
    """Return pixels that hold data, `(N, C)`, of large samples every so many."""
    pixels = image.reshape(-1, image.shape[-1])
    pixels = pixels[:: max(1, -(-len(pixels) // _MOST_PIXELS))]
    return pixels[(pixels != 0).any(axis=1)]


def _bright(pixels: np.ndarray, bands: int) -> tuple[float, ...]:
    if not len(pixels):
        return (0.0,) * bands
    return tuple(np.percentile(pixels, 98, axis=0).tolist())


def _digest(image: np.ndarray) -> str:
    start = repr((image.shape, str(image.dtype))).encode()
    digest = hashlib.blake2b(start, digest_size=12)
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def _calendar(dataset: Any) -> Mapping[tuple[int, int], np.datetime64]:
    """Map what samples tell of dates to the dates, where the dataset knows them."""
    if not isinstance(dataset, Series):
        return {}
    scene = dataset.scene
    told = dates.day_of_year(scene.dates).tolist()
    return dict(
        zip(zip(scene.days.tolist(), told, strict=True), scene.dates, strict=True)
    )


def _places(dataset: Any) -> Mapping[tuple[str, str], tuple[str, int, int, int]]:
    """Read where patches were cut from their index, where there is one."""
    if not isinstance(dataset, patches.Patches):
        return {}
    with (dataset.root / patches.INDEX).open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        return {
            (line["split"], line["id"]): (
                line["scene"],
                int(line["row"]),
                int(line["column"]),
                dataset.size,
            )
            for line in lines
        }
