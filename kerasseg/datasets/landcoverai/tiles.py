"""Read the official tiles of LandCover.ai, or parts of them."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.files import fingerprint
from kerasseg.legend import Legend
from kerasseg.raster import Window
from kerasseg.sample import Sample

TILE = 512
"""Pixels along the side of an official tile."""

BANDS = ("red", "green", "blue")

LEGEND = legends.from_dict(
    {
        "classes": [
            {"name": "background", "color": "#DCD6B4"},
            {"name": "building", "color": "#D7301F"},
            {"name": "woodland", "color": "#2A7B3B"},
            {"name": "water", "color": "#2B6CC4"},
            {"name": "road", "color": "#7A7A7A"},
        ]
    }
)


@dataclass(frozen=True)
class Place:
    """Where the pixels of one sample are."""

    image: Path
    label: Path
    window: Window


class Tiles:
    """One split of the official tiles; see `sample.Dataset`.

    Each thread keeps its own files open. Pickled, it takes along names only.

    Args:
        root: The folder of the download.
        split: Which list.
        size: Pixels along a sample's side, a divisor of 512.
    """

    bands: tuple[str, ...] = BANDS
    legend: Legend = LEGEND

    def __init__(self, root: Path, split: Literal["train", "val", "test"], size: int):
        if size < 1 or TILE % size:
            raise ValueError(
                f"landcoverai: size {size} does not divide tiles of {TILE} pixels. "
                "Give 512, 256, 128, ..."
            )
        self.root, self.split, self.size = root, split, size
        self._places = _places(root, split, size)
        self.ids = tuple(self._places)
        self._counts: np.ndarray | None = None
        self._statistics: tuple[np.ndarray, np.ndarray] | None = None
        self._open = threading.local()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        place = self._places[self.ids[index]]
        image = self._stack(place.image).read(place.window, bands=(0, 1, 2))
        return {"image": image, "label": self._label(place)}

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`.

        The first call reads every label of the split.
        """
        if self._counts is None:
            self._counts = sum(
                np.bincount(self._label(place).ravel(), minlength=LEGEND.num_classes)
                for place in self._places.values()
            )
        return self._counts

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation per band of the training split.

        The first call reads every training image.
        """
        if self._statistics is None:
            same = self.split == "train"
            train = self if same else Tiles(self.root, "train", TILE)
            self._statistics = train._moments()
        return self._statistics

    def fingerprint(self) -> str:
        """Hash the contents of all files of this split and its list."""
        files = {path for p in self._places.values() for path in (p.image, p.label)}
        return fingerprint([*files, self.root / f"{self.split}.txt"], self.root)

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_open": None}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state, _open=threading.local())

    def _stack(self, path: Path) -> raster.Stack:
        stacks = self._open.__dict__.setdefault("stacks", {})
        if path not in stacks:
            if len(stacks) >= 256:  # `output/` has thousands of files
                stacks.pop(next(iter(stacks))).close()
            stacks[path] = raster.open_stack(path)
        return stacks[path]

    def _label(self, place: Place) -> np.ndarray:
        label = raster.read_label(self._stack(place.label), place.window)
        if label.max() >= LEGEND.num_classes:
            raise ValueError(
                f"{place.label}: label value {label.max()}; LandCover.ai has 0 to "
                f"{LEGEND.num_classes - 1}. Download the file again."
            )
        return label

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Sum in whole numbers: exact, whatever the number of tiles."""
        number, sums, squares = 0, np.zeros(3, np.int64), np.zeros(3, np.int64)
        for place in self._places.values():
            image = self._stack(place.image).read(place.window, bands=(0, 1, 2))
            levels = np.arange(256)
            for band in range(3):
                counts = np.bincount(image[..., band].ravel(), minlength=256)
                sums[band] += counts @ levels
                squares[band] += counts @ levels**2
            number += image.shape[0] * image.shape[1]
        mean = sums / number
        return mean, np.sqrt(squares / number - mean**2)


def tile_name(scene: str, place: Window, width: int) -> str:
    """Name a tile as the official `split.py` does: `<scene>_<k>`.

    `k` counts row by row, and it counts the partial tiles at the right and bottom too,
    although those are not written.
    """
    per_row = -(-width // TILE)
    return f"{scene}_{place.row // TILE * per_row + place.column // TILE}"


def _places(root: Path, split: str, size: int) -> dict[str, Place]:
    tiles = _tiles(root, split)
    places = {}
    for name, tile in tiles.items():
        for part in raster.windows(TILE, TILE, size):
            key = name if size == TILE else f"{name}_r{part.row}_c{part.column}"
            window = part.shifted(tile.window.row, tile.window.column)
            places[key] = Place(tile.image, tile.label, window)
    return places


def _tiles(root: Path, split: str) -> dict[str, Place]:
    names = _names(root, split)
    if not (root / "images").is_dir() and (root / "output").is_dir():
        found = {name: _written(root / "output", name) for name in names}
    else:
        sizes: dict[str, tuple[int, int]] = {}
        found = {name: _window(root, name, sizes) for name in names}
    missing = [
        path for p in found.values() for path in (p.image, p.label) if not path.exists()
    ]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]}, named in {split}.txt, is missing, and {len(missing) - 1} "
            "more files. Download LandCover.ai again."
        )
    return found


def _names(root: Path, split: str) -> list[str]:
    path = root / f"{split}.txt"
    folders = [root / "images", root / "output"]
    if not path.is_file() or not any(folder.is_dir() for folder in folders):
        raise FileNotFoundError(
            f"no LandCover.ai at {root} (looked for {path.name} with images/ and "
            "masks/, or output/, or for index.csv). Download landcover.ai.v1.zip from "
            "https://landcover.ai.linuxpolska.com and unpack it there, or paint a "
            f"stand-in: kerasseg sample landcoverai {root}"
        )
    names = path.read_text(encoding="utf-8").split()
    if not names:
        raise ValueError(f"{path} is empty. Download LandCover.ai again.")
    return names


def _written(folder: Path, name: str) -> Place:
    window = Window(0, 0, TILE, TILE)
    return Place(folder / f"{name}.jpg", folder / f"{name}_m.png", window)


def _window(root: Path, name: str, sizes: dict[str, tuple[int, int]]) -> Place:
    """Find the window of `<scene>_<k>`; `sizes` remembers scenes already looked at."""
    scene, _, number = name.rpartition("_")
    image, label = (root / kind / f"{scene}.tif" for kind in ("images", "masks"))
    if scene not in sizes:
        about, other = raster.info(image), raster.info(label)
        sizes[scene] = about.height, about.width
        if not other.has_grid_of(about):
            raise ValueError(f"{label} is not on the grid of {image}. Download both.")
    height, width = sizes[scene]
    per_row = -(-width // TILE)
    row, column = divmod(int(number) if number.isdecimal() else height, per_row)
    window = Window(row * TILE, column * TILE, TILE, TILE)
    if window != window.within(height, width):
        raise ValueError(
            f"{name}: no such tile in {image}, {height} x {width} pixels. The list "
            "does not belong to these images; download both again."
        )
    return Place(image, label, window)
