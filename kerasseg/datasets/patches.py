"""Patches of your own scenes, as `kerasseg prepare patches` writes them.

A folder with `index.csv`, `legend.json`, `patches.json`, `images/` and `labels/`.
Scenes of several dates are series: an image holds the bands of all its dates, one after
another.
"""

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasseg import dates as calendar
from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.legend import IGNORE, Legend
from kerasseg.raster import plain
from kerasseg.sample import Sample

INDEX, LEGEND, ABOUT = "index.csv", "legend.json", "patches.json"
FIELDS = ("id", "scene", "row", "column", "split")
"""The first columns of the index; pixels per class and `ignored` follow."""


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
        image, label = _read(self.root, self.ids[index])
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
        checks = ((name, crc(*_read(self.root, name))) for name in names)
        return fingerprint(self.legend, index, checks)


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
    about = _about(root)
    legend = legends.read(root / LEGEND)
    lines = _lines(root, about, legend)
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


def write_fake(root: str | Path, *, seed: int = 0, size: int = 32) -> None:
    """Write a small folder: four patches per split, bright squares on dark ground.

    Args:
        root: The folder to make.
        seed: Another seed, other squares.
        size: Pixels along a patch's side.
    """
    root = Path(root)
    for name in ("images", "labels"):
        (root / name).mkdir(parents=True, exist_ok=True)
    legend = legends.from_dict(
        {
            "classes": [
                {"name": "ground", "color": "#5A6E3C"},
                {"name": "roof", "color": "#C8503C"},
            ]
        }
    )
    rng = np.random.default_rng(seed)
    lines, checks, images = [], [], []
    for number in range(12):
        name, split = f"square_{number:02d}", ("train", "val", "test")[number % 3]
        image, label = _square(rng, size)
        bands = ("red", "green", "blue")
        plain.write(root / "images" / f"{name}.tif", image, bands=bands)
        plain.write(root / "labels" / f"{name}.tif", label, legend=legend)
        counts = np.bincount(label.ravel(), minlength=256)
        place = (name, name, 0, 0, split)
        lines.append((*place, *counts[: legend.num_classes], counts[IGNORE]))
        checks.append((name, crc(image, label)))
        images += [image] if split == "train" else []
    index = index_text(legend, lines)
    pixels = np.concatenate(images).reshape(-1, 3).astype(np.float64)
    about = {
        "size": size,
        "bands": ["red", "green", "blue"],
        "dtype": "uint8",
        "mean": pixels.mean(axis=0).tolist(),
        "std": pixels.std(axis=0).tolist(),
        "index": digest(index),
        "fingerprint": fingerprint(legend, index, checks),
    }
    (root / LEGEND).write_text(legends.dumps(legend), encoding="utf-8")
    (root / INDEX).write_text(index, encoding="utf-8")
    (root / ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")


def index_text(legend: Legend, lines: Iterable[tuple]) -> str:
    """Return the text of an index: `FIELDS`, pixels per class, ignored pixels."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*FIELDS, *legend.names, "ignored"])
    table.writerows(lines)
    return text.getvalue()


def crc(image: np.ndarray, label: np.ndarray) -> int:
    """Return the CRC-32 of the pixels of a patch."""
    return zlib.crc32(label.tobytes(), zlib.crc32(image.tobytes()))


def fingerprint(legend: Legend, index: str, checks: Iterable[tuple[str, int]]) -> str:
    """Hash legend, index and the CRC-32 of each patch into twelve digits."""
    contents = [f"{name} {value:08x}" for name, value in checks]
    return digest("\n".join([legends.dumps(legend), index, *contents]))


def digest(text: str) -> str:
    """Hash a text into twelve digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_image(root: Path, name: str) -> np.ndarray:
    """Read an image as it lies on disk, `(H, W, C)`, or `(H, W, T * C)` of a series."""
    return plain.read(root / "images" / f"{name}.tif")


def _read(root: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    image = read_image(root, name)
    return image, plain.read(root / "labels" / f"{name}.tif")[..., 0]


def _about(root: Path) -> dict[str, Any]:
    path = root / ABOUT
    if not path.is_file():
        raise FileNotFoundError(
            f"no patches at {root} (no {ABOUT} there). Make them with `kerasseg "
            "prepare patches`, or correct the path."
        )
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        needed = ("size", "bands", "mean", "std", "index")
        found = {key: about[key] for key in needed}
        return found | {key: about.get(key, {}) for key in ("dates", "statistics")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: damaged or not of kerasseg ({error!r}). Prepare the data again."
        ) from None


def _lines(root: Path, about: dict[str, Any], legend: Legend) -> list[list[str]]:
    path = root / INDEX
    if not path.is_file():
        raise FileNotFoundError(f"no index at {path}. Prepare the data again.")
    text = path.read_text(encoding="utf-8")
    if digest(text) != about["index"]:
        raise ValueError(
            f"{path} is not the index {ABOUT} was written with. Prepare the data again."
        )
    head, *lines = csv.reader(io.StringIO(text))
    expected = [*FIELDS, *legend.names, "ignored"]
    if head != expected:
        raise ValueError(
            f"{path} has columns {', '.join(head)}, but {LEGEND} asks for "
            f"{', '.join(expected)}. Prepare the data again."
        )
    return lines


def _square(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    label = np.zeros((size, size), np.uint8)
    row, column = rng.integers(0, size // 2, 2)
    label[row : row + size // 2, column : column + size // 2] = 1
    label[-1] = IGNORE
    level = np.where(label[..., None] == 1, (190, 90, 80), (90, 110, 70))
    noise = rng.normal(0, 12, (size, size, 3))
    return np.clip(level + noise, 0, 255).astype(np.uint8), label
