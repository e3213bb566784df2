"""Which pixels of a label raster lie in which pixel of an image, same directions.

Where both grids run along the same axes, rows and columns can be told apart: a label
pixel belongs to the image pixel that its centre lies in, row by row and column by
column. Nothing is computed per pixel, and classes are counted with sums of rows.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kerasseg import raster
from kerasseg.raster import Window

SCALE = 255
"""Weight of a label pixel at the centre of an image pixel; whole, so sums are exact."""


def weight(distance: np.ndarray) -> np.ndarray:
    """Return the weight along one axis of a distance from a pixel's centre, int64.

    A bell, `exp(-2 d²)` with `d` in pixels of the image: what lies at the middle of an
    edge counts 0.61, at a corner 0.37 of what lies at the centre.
    """
    return np.rint(SCALE * np.exp(-2 * distance**2)).astype(np.int64)


@dataclass(frozen=True)
class Axis:
    """Where labels lie along one axis of the image.

    Args:
        scale: Pixels of the image per label pixel, positive.
        offset: Where the first label pixel begins, in pixels of the image.
        length: Number of label pixels.
        mirrored: Whether labels run the other way, and must be turned when read.
    """

    scale: float
    offset: float
    length: int
    mirrored: bool

    @classmethod
    def of(cls, scale: float, offset: float, length: int) -> "Axis":
        if scale < 0:
            return cls(-scale, offset + scale * length, length, True)
        return cls(scale, offset, length, False)

    def starts(self, first: int, number: int) -> np.ndarray:
        """Return the first label pixel of each image pixel, and the end of the last.

        Decimals beyond the sixth are noise of the coordinates.
        """
        edges = np.arange(first, first + number + 1)
        starts = np.ceil(np.round((edges - self.offset) / self.scale - 0.5, 6))
        return np.clip(starts, 0, self.length).astype(np.int64)

    def nearest(self, first: int, number: int) -> np.ndarray:
        """Return the label pixel that each centre lies in, -1 for none."""
        centres = np.arange(first, first + number) + 0.5
        found = np.floor(np.round((centres - self.offset) / self.scale, 6))
        return np.where((found < 0) | (found >= self.length), -1, found).astype(int)

    def distances(self, first: int, number: int, start: int, stop: int) -> np.ndarray:
        """Return how far label pixels lie from the centre of their image pixel."""
        centres = (np.arange(start, stop) + 0.5) * self.scale + self.offset
        return centres - np.clip(np.floor(centres), first, first + number - 1) - 0.5


@dataclass(frozen=True)
class Place:
    """The label pixels of a window of the image, along the same axes.

    Args:
        rows: Along the columns, so to speak: which rows belong together.
        columns: The same for columns.
        window: The window of the image.
    """

    rows: Axis
    columns: Axis
    window: Window

    @cached_property
    def _spans(self) -> tuple[np.ndarray, np.ndarray]:
        place = self.window
        return (
            self.rows.starts(place.row, place.height),
            self.columns.starts(place.column, place.width),
        )

    @cached_property
    def _nearest(self) -> tuple[np.ndarray, np.ndarray]:
        place = self.window
        return (
            self.rows.nearest(place.row, place.height),
            self.columns.nearest(place.column, place.width),
        )

    @cached_property
    def _bounds(self) -> tuple[int, int, int, int] | None:
        """First and last row, first and last column of the labels that matter."""
        bounds = []
        for starts, nearest in zip(self._spans, self._nearest, strict=True):
            known = nearest[nearest >= 0]
            edges = starts[[0, -1]] if starts[-1] > starts[0] else starts[:0]
            touched = np.concatenate([edges, known, known + 1])
            if not touched.size:
                return None
            bounds += [int(touched.min()), int(touched.max())]
        return tuple(bounds)

    @property
    def source(self) -> Window | None:
        """The window of the label raster to read, as stored; None for no overlap."""
        if self._bounds is None:
            return None
        top, bottom, left, right = self._bounds
        row = self.rows.length - bottom if self.rows.mirrored else top
        column = self.columns.length - right if self.columns.mirrored else left
        return Window(row, column, bottom - top, right - left)

    def turned(self, labels: np.ndarray) -> np.ndarray:
        """Turn labels as stored so that they run as the image does."""
        down, right = (-1 if a.mirrored else 1 for a in (self.rows, self.columns))
        return np.ascontiguousarray(labels[::down, ::right])

    def nearest(self, labels: np.ndarray, nothing: int) -> np.ndarray:
        """Take the label that the centre of each pixel lies in, `(H, W)`."""
        top, _, left, _ = self._bounds
        rows, columns = self._nearest
        taken = labels[np.maximum(rows - top, 0)][:, np.maximum(columns - left, 0)]
        taken[rows < 0] = nothing
        taken[:, columns < 0] = nothing
        return taken

    @cached_property
    def totals(self) -> np.ndarray:
        """Number of label pixels in each pixel, int64 `(H, W)`."""
        rows, columns = map(np.diff, self._spans)
        return rows[:, None] * columns

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """Count the chosen label pixels in each pixel, int64 `(H, W)`."""
        rows, columns = self._inner
        chosen = chosen[rows[0] : rows[-1], columns[0] : columns[-1]].view(np.uint8)
        rows, columns = rows - rows[0], columns - columns[0]
        down = int(np.diff(rows).max())
        kind = np.uint8 if down < 256 else np.uint32
        summed = _sums_of_rows(chosen, rows, kind)
        return _sums_of_columns(summed, columns)

    def weigh(self, chosen: np.ndarray) -> np.ndarray:
        """Sum the weights of the chosen label pixels in each pixel, int64 `(H, W)`."""
        rows, columns = self._inner
        top, _, left, _ = self._bounds
        place = self.window
        chosen = chosen[rows[0] : rows[-1], columns[0] : columns[-1]]
        down = self.rows.distances(
            place.row, place.height, rows[0] + top, rows[-1] + top
        )
        across = self.columns.distances(
            place.column, place.width, columns[0] + left, columns[-1] + left
        )
        down, across = weight(down).astype(np.float32), weight(across)
        summed = np.zeros((place.height, chosen.shape[1]), np.int64)
        for pixel, (start, stop) in enumerate(_pairs(rows - rows[0])):
            # Whole numbers below 2**24 are exact in float32, and its products fast.
            summed[pixel] = down[start:stop] @ chosen[start:stop].astype(np.float32)
        return _sums_of_columns(summed * across, columns - columns[0])

    @property
    def _inner(self) -> tuple[np.ndarray, np.ndarray]:
        """The spans, counted from the first label pixel that is read."""
        top, _, left, _ = self._bounds
        rows, columns = self._spans
        return rows - top, columns - left


def along(image: raster.Info, label: raster.Info) -> tuple[Axis, Axis] | None:
    """Return the two axes, or None where grids are turned or in other systems."""
    if image.crs != label.crs:
        return None
    step = ~image.transform @ label.transform
    if abs(step.b) > 1e-9 * abs(step.a) or abs(step.d) > 1e-9 * abs(step.e):
        return None
    return (
        Axis.of(step.e, step.f, label.height),
        Axis.of(step.a, step.c, label.width),
    )


def _pairs(edges: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _sums_of_rows(chosen: np.ndarray, edges: np.ndarray, kind: type) -> np.ndarray:
    """Add up rows between edges; `(H', W')` to `(H, W')`."""
    spans = np.diff(edges)
    if spans.min() == spans.max() > 0:
        parted = chosen.reshape(len(spans), spans[0], -1)
        return np.add.reduce(parted, axis=1, dtype=kind)
    summed = np.zeros((len(spans), chosen.shape[1]), kind)
    for pixel, (start, stop) in enumerate(_pairs(edges)):
        if stop > start:
            np.add.reduce(chosen[start:stop], axis=0, dtype=kind, out=summed[pixel])
    return summed


def _sums_of_columns(summed: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Add up columns between edges; `(H, W')` to int64 `(H, W)`."""
    spans = np.diff(edges)
    if spans.min() == spans.max() > 0:
        # As many columns in each pixel: add every so many-th, four times as fast.
        total = summed[:, :: spans[0]].astype(np.int64)
        for shift in range(1, spans[0]):
            total += summed[:, shift :: spans[0]]
        return total
    running = np.zeros((summed.shape[0], summed.shape[1] + 1), np.int64)
    np.cumsum(summed, axis=1, out=running[:, 1:])
    return running[:, edges[1:]] - running[:, edges[:-1]]
