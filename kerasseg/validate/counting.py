"""Count a map against labels, block by block, in bounded memory."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend, LegendError
from kerasseg.prepare.labels import Decoder
from kerasseg.raster import Window
from kerasseg.scores import confusion_matrix
from kerasseg.validate.patched import Patched

_WINDOW = 1024
_BLOCKS = 16
_LEAST_BLOCK = 32
_MOST_BLOCKS = 10_000
_OVERVIEW = 480

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class Counted:
    """What was counted.

    Args:
        blocks: Pixels by truth and map of each block, `(K, C, C)`, rows the truth.
        mapped: Pixels of the whole map by class, `(C,)`, labelled or not.
        truth: An overview of the labels, class indices `(h, w)`, thinned out.
        prediction: The same of the map.
        side: Pixels along the side of a block.
        is_warped: Whether the labels lay on another grid.
    """

    blocks: np.ndarray
    mapped: np.ndarray
    truth: np.ndarray
    prediction: np.ndarray
    side: int
    is_warped: bool


def open_map(path: Path, legend: Legend) -> tuple[raster.Stack, Callable]:
    """Open a map, and return it with what reads class indices of a window.

    A map that names its classes holds indices; any other is coded as the legend says.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a map of these classes.
    """
    own = raster.read_legend(path)
    if own is not None and own.names != legend.names:
        raise LegendError(
            f"{path} maps the classes {', '.join(own.names)}, the legend has "
            f"{', '.join(legend.names)}. Give the legend that the map was made with."
        )
    stack = raster.open_stack(path)
    try:
        return stack, Decoder(stack, own or legend, "value" if own else "auto").read
    except LegendError:
        stack.close()
        raise


def count(
    map_path: Path,
    label_path: Path,
    legend: Legend,
    block: int | None = None,
    progress: Progress = None,
    split: str = "test",
) -> Counted:
    """Count all pixels of a map against a label raster, or a split of patches.

    Labels on another grid are read at the nearest pixel; nothing is written.

    Args:
        map_path: The map.
        label_path: The labels, or a folder of patches.
        legend: The classes of the map; label values are decoded by it.
        block: Pixels along the side of a block; by default a sixteenth of the longer
            side of the map, at least 32.
        progress: Called with (blocks done, blocks in all).
        split: Which patches of a folder.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If files do not fit each other or the legend.
    """
    stack, read_map = open_map(map_path, legend)
    with stack:
        about = stack.info
        side, cells = _cells(about, block)
        labels, read_label, is_warped = _open_labels(label_path, about, legend, split)
        with labels:
            gathered = _Gathered(about, legend.num_classes)
            for number, cell in enumerate(cells, start=1):
                gathered.begin()
                for window in _pieces(cell.within(about.height, about.width)):
                    gathered.add(read_label(window), read_map(window), window)
                if progress is not None:
                    progress(number, len(cells))
    return gathered.finished(side, is_warped)


def _cells(about: raster.Info, block: int | None) -> tuple[int, list[Window]]:
    longer = max(about.height, about.width)
    side = block or max(_LEAST_BLOCK, -(-longer // _BLOCKS))
    number = -(-about.height // side) * -(-about.width // side)
    if number > _MOST_BLOCKS:
        raise ValueError(
            f"block of {side} pixels: {number:,} blocks of {about.height} x "
            f"{about.width} pixels. Give one of {-(-longer // 100)} or more."
        )
    return side, raster.windows(about.height, about.width, side, edge="pad")


def _open_labels(path: Path, like: raster.Info, legend: Legend, split: str):
    if path.is_dir():
        return nullcontext(), Patched(path, split, like).read, False
    if raster.info(path).has_grid_of(like):
        stack = raster.open_stack(path)
        return stack, Decoder(stack, legend).read, False
    warped = raster.Warped(path, like)
    decoder = Decoder(warped, legend)

    def read(window: Window) -> np.ndarray:
        inside = warped.inside(window)
        if not inside.any():
            return np.full(inside.shape, IGNORE, np.uint8)
        return np.where(inside, decoder.read(window), IGNORE).astype(np.uint8)

    return warped, read, True


def _pieces(cell: Window) -> Iterator[Window]:
    for row in range(0, cell.height, _WINDOW):
        for column in range(0, cell.width, _WINDOW):
            height = min(_WINDOW, cell.height - row)
            width = min(_WINDOW, cell.width - column)
            yield Window(cell.row + row, cell.column + column, height, width)


class _Gathered:
    """Counts and overviews while windows go by."""

    def __init__(self, about: raster.Info, classes: int):
        self._classes = classes
        self._step = -(-max(about.height, about.width) // _OVERVIEW)
        shape = -(-about.height // self._step), -(-about.width // self._step)
        self._blocks: list[np.ndarray] = []
        self._mapped = np.zeros(classes, np.int64)
        self._views = [np.full(shape, IGNORE, np.uint8) for _ in range(2)]

    def begin(self) -> None:
        """Begin a block."""
        self._blocks.append(np.zeros((self._classes, self._classes), np.int64))

    def add(self, label: np.ndarray, found: np.ndarray, window: Window) -> None:
        self._blocks[-1] += confusion_matrix(label, found, self._classes)
        counts = np.bincount(found.ravel(), minlength=256)
        self._mapped += counts[: self._classes]
        step = self._step
        top, left = -window.row % step, -window.column % step
        for view, pixels in zip(self._views, (label, found), strict=True):
            thin = pixels[top::step, left::step]
            row, column = -(-window.row // step), -(-window.column // step)
            rows = slice(row, row + thin.shape[0])
            view[rows, column : column + thin.shape[1]] = thin

    def finished(self, side: int, is_warped: bool) -> Counted:
        blocks = np.stack(self._blocks)
        return Counted(blocks, self._mapped, *self._views, side, is_warped)
