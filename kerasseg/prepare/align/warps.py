"""Which pixels of a label raster lie in which pixel of an image, any two grids.

Another reference system, or a turned grid: the centre of each label pixel is brought
into the image. PROJ is asked at nodes only and the rest lies on straight lines between
them, as close together as it takes to be right to a thousandth of a pixel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rasterio._err import CPLE_BaseError
from rasterio.warp import transform as _project

from kerasseg import raster
from kerasseg.prepare.align.grids import weight
from kerasseg.raster import Window

TOLERANCE = 1e-3
"""Pixels by which a position may be wrong."""
_NODES = 64
_MARGIN = 2


@dataclass(frozen=True)
class Place:
    """The label pixels of a window of the image, on any grid.

    Args:
        image: The image.
        label: The label raster.
        window: The window of the image.
    """

    image: raster.Info
    label: raster.Info
    window: Window

    @cached_property
    def source(self) -> Window | None:
        """The window of the label raster to read; None for no overlap."""
        place = self.window
        rows = np.linspace(place.row, place.row + place.height, 17)
        columns = np.linspace(place.column, place.column + place.width, 17)
        found = moved(self.image, self.label, *np.meshgrid(rows, columns))
        spans = []
        for each, length in zip(
            found, (self.label.height, self.label.width), strict=True
        ):
            low, high = each.min(), each.max()
            # The border bulges between the points that were looked at.
            margin = _MARGIN + 0.02 * (high - low)
            start = max(int(np.floor(low - margin)), 0)
            spans += [start, min(int(np.ceil(high + margin)), length) - start]
        top, height, left, width = spans
        return Window(top, left, height, width) if min(height, width) > 0 else None

    def turned(self, labels: np.ndarray) -> np.ndarray:
        """Return labels as they are: positions know about turns."""
        return labels

    def nearest(self, labels: np.ndarray, nothing: int) -> np.ndarray:
        """Take the label that the centre of each pixel lies in, `(H, W)`."""
        rows, columns = centres(self.image, self.label, self.window)
        found = _inside(rows, columns, self.source)
        taken = np.full(found.shape, nothing, labels.dtype)
        taken[found >= 0] = labels.ravel()[found[found >= 0]]
        return taken

    @cached_property
    def _positions(self) -> tuple[np.ndarray, np.ndarray]:
        return centres(self.label, self.image, self.source)

    @cached_property
    def _cells(self) -> np.ndarray:
        """The pixel of the window that each label pixel lies in, -1 for none."""
        return _inside(*self._positions, self.window)

    @cached_property
    def totals(self) -> np.ndarray:
        """Number of label pixels in each pixel, int64 `(H, W)`."""
        return self.count(np.ones(self._cells.shape, bool))

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """Count the chosen label pixels in each pixel, int64 `(H, W)`."""
        return self._binned(self._cells[chosen & (self._cells >= 0)], None)

    def weigh(self, chosen: np.ndarray) -> np.ndarray:
        """Sum the weights of the chosen label pixels in each pixel, int64 `(H, W)`."""
        chosen = chosen & (self._cells >= 0)
        weights = [
            weight(positions[chosen] - np.floor(positions[chosen]) - 0.5)
            for positions in self._positions
        ]
        return self._binned(self._cells[chosen], np.prod(weights, axis=0))

    def _binned(self, cells: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        shape = self.window.height, self.window.width
        binned = np.bincount(cells, weights, minlength=shape[0] * shape[1])
        return np.rint(binned).astype(np.int64).reshape(shape)


def moved(
    here: raster.Info, there: raster.Info, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Bring positions `(N, M)` in pixels of one raster into another's, `(2, N, M)`.

    Longitudes are those within half a turn of the other's middle.

    Raises:
        RasterError: If the other's reference system does not reach so far.
    """
    x, y = coordinates(here, there, rows, columns)
    if there.crs.is_geographic:
        middle, _ = there.transform @ (there.width / 2, there.height / 2)
        x = x + 360 * np.round((middle - x) / 360)
    across, down = ~there.transform @ (x, y)
    return np.stack([down, across])


def coordinates(
    here: raster.Info, there: raster.Info, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates in another raster's system of positions in pixels, `(N, M)`.

    Raises:
        RasterError: If the system does not reach so far.
    """
    x, y = here.transform @ (columns, rows)
    if here.crs == there.crs:
        return x, y
    try:
        x, y = _project(here.crs, there.crs, x.ravel(), y.ravel())
    except CPLE_BaseError:
        raise raster.RasterError(
            f"{here.path} reaches beyond what the reference system of {there.path} "
            f"({there.crs.to_string()}) can show. Cut it, or check its CRS."
        ) from None
    return np.reshape(x, rows.shape), np.reshape(y, rows.shape)


def centres(
    here: raster.Info, there: raster.Info, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Bring the centres of a window's pixels into another raster, two `(H, W)`."""
    step = _NODES
    while True:
        rows, columns = _nodes(window.height, step), _nodes(window.width, step)
        nodes = _at(here, there, window, rows, columns)
        middles = _at(here, there, window, _middles(rows), _middles(columns))
        error = np.abs(_middles(_middles(nodes, 1), 2) - middles)
        if step == 1 or error.max() < TOLERANCE:
            break
        step //= 2
    found = _between(_between(nodes, rows, 1), columns, 2)
    rows, columns = np.round(found, 6)
    return rows, columns


def _nodes(length: int, step: int) -> np.ndarray:
    """Choose pixels along a side, the first and the last among them, two at least.

    None beyond: the centre of a label pixel of one degree that is 64 further on may
    lie beyond a pole.
    """
    number = max(-(-(length - 1) // step), 1) + 1
    return np.minimum(np.arange(number) * step, length - 1)


def _middles(values: np.ndarray, axis: int = 0) -> np.ndarray:
    low = np.take(values, range(values.shape[axis] - 1), axis)
    return (low + np.take(values, range(1, values.shape[axis]), axis)) / 2


def _at(
    here: raster.Info,
    there: raster.Info,
    window: Window,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """Bring pixels of a window, also halves of them, into another raster."""
    grid = np.meshgrid(
        rows + window.row + 0.5, columns + window.column + 0.5, indexing="ij"
    )
    return moved(here, there, *grid)


def _between(values: np.ndarray, nodes: np.ndarray, axis: int) -> np.ndarray:
    """Interpolate along an axis from nodes to all pixels up to the last of them."""
    pixels = np.arange(nodes[-1] + 1)
    left = np.minimum(np.searchsorted(nodes, pixels, "right") - 1, len(nodes) - 2)
    share = (pixels - nodes[left]) / np.maximum(nodes[left + 1] - nodes[left], 1)
    share = share.reshape((-1, 1) if axis == 1 else (-1,))
    low, high = np.take(values, left, axis), np.take(values, left + 1, axis)
    return low + share * (high - low)


def _inside(rows: np.ndarray, columns: np.ndarray, window: Window) -> np.ndarray:
    """Return the flat index in a window of each position, -1 outside."""
    row = np.floor(rows).astype(np.int64) - window.row
    column = np.floor(columns).astype(np.int64) - window.column
    inside = (row >= 0) & (row < window.height)
    inside &= (column >= 0) & (column < window.width)
    return np.where(inside, row * window.width + column, -1)
