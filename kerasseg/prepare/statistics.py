"""Statistics of a folder of patches, for recipes to be normalised and weighed by.

Patches are read one at a time, and values counted, so percentiles are exact for stored
types of up to 16 bits, and right to a 65,536th of the range for others. Pixels whose
bands are all 0 hold no image, and are left out.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import scores
from kerasseg.datasets import patches
from kerasseg.files import write_whole
from kerasseg.prepare import workers as processes
from kerasseg.prepare.workers import Progress

PERCENTILES = (1, 2, 5, 25, 50, 75, 95, 98, 99)
BINS = 1 << 16
_CHUNK = 64


def run(
    root: str | Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Gather statistics of the training split, and note them in `patches.json`.

    Args:
        root: The folder that `prepare patches` wrote.
        workers: Processes; by default one per CPU.
        progress: Called with the number of parts finished and to be finished.

    Returns:
        Per band `mean`, `std`, `min`, `max` and `percentiles`; `class_counts` by split
        and `class_weights` by kind, see `scores.class_weights`.

    Raises:
        FileNotFoundError: If there are no patches.
        ValueError: If files are damaged, or the training split is empty.
    """
    root = Path(root)
    train = patches.load("train", root)
    report = progress or (lambda done, total: None)
    ids = [train.ids[at : at + _CHUNK] for at in range(0, len(train), _CHUNK)]
    bands, size = len(train.bands), len(ids)
    low, high = _range(root, ids, bands, workers)
    counted = np.zeros((bands, BINS), np.int64)
    count = partial(_count, root, low=low, high=high)
    for done, part in enumerate(processes.results(count, ids, workers), start=1):
        counted += part
        report(done, size)
    path = root / patches.ABOUT
    about = json.loads(path.read_text(encoding="utf-8"))
    about["statistics"] = {
        "mean": about["mean"],
        "std": about["std"],
        **_summary(counted, low, high),
        "class_counts": {
            split: facts["pixels"] for split, facts in about.get("splits", {}).items()
        },
        "class_weights": {
            kind: scores.class_weights(train.class_counts(), kind)
            for kind in scores.WEIGHTS
        },
    }
    write_whole(path, json.dumps(about, indent=2) + "\n")
    return about["statistics"]


def _range(
    root: Path, ids: list[tuple[str, ...]], bands: int, workers: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the first and last bin of each band lie."""
    kind = patches.read_image(root, ids[0][0]).dtype
    if kind.itemsize <= 2 and kind.kind in "ui":
        limits = np.iinfo(kind)
        last = limits.min + BINS - 1
        return np.full(bands, limits.min), np.full(bands, last)
    found = list(processes.results(partial(_extremes, root), ids, workers))
    low, high = np.array(found).transpose(1, 0, 2)
    return low.min(axis=0), high.max(axis=0)


def _pixels(root: Path, ids: tuple[str, ...], bands: int) -> Iterator[np.ndarray]:
    """Give the pixels of patches that hold an image, `(N, C)`."""
    for name in ids:
        pixels = patches.read_image(root, name).reshape(-1, bands)
        yield pixels[pixels.any(axis=1)]


def _extremes(root: Path, ids: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    bands = len(patches.load("train", root).bands)
    found = [each for each in _pixels(root, ids, bands) if len(each)]
    if not found:
        return np.full(bands, np.inf), np.full(bands, -np.inf)
    return (
        np.min([each.min(axis=0) for each in found], axis=0).astype(float),
        np.max([each.max(axis=0) for each in found], axis=0).astype(float),
    )


def _count(
    root: Path, ids: tuple[str, ...], *, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Count values per band in bins, int64 `(C, BINS)`."""
    counted = np.zeros((len(low), BINS), np.int64)
    span = np.where(high > low, high - low, 1)
    for pixels in _pixels(root, ids, len(low)):
        if pixels.dtype.kind in "ui" and pixels.dtype.itemsize <= 2:
            places = pixels.astype(np.int64) - low
        else:
            places = np.rint((pixels - low) / span * (BINS - 1)).astype(np.int64)
        for band, column in enumerate(places.T):
            counted[band] += np.bincount(column, minlength=BINS)
    return counted


def _summary(counted: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Read range and percentiles from counts: the value that so many do not exceed."""
    values = np.linspace(low, high, BINS, axis=1)  # (C, BINS)
    running = np.cumsum(counted, axis=1)
    if not running[:, -1].all():
        raise ValueError(
            "no pixel with an image in the training split. Prepare patches that have."
        )

    def at(share: float) -> list[float]:
        wanted = np.ceil(share * running[:, -1]).clip(1)
        places = [np.searchsorted(*pair) for pair in zip(running, wanted, strict=True)]
        return values[np.arange(len(values)), places].tolist()

    return {
        "min": at(0.0),
        "max": at(1.0),
        "percentiles": {str(each): at(each / 100) for each in PERCENTILES},
    }
