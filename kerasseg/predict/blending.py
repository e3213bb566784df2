"""Windows over a scene, and how their answers become one map.

Every pixel's answer is the weighted mean of the answers of the windows that cover it.
A window weighs less towards an edge beyond which another window goes on, since there
it sees the least of the surroundings; at the scene's own edge it is all there is and
keeps its full weight. Weights are never 0 and sum to 1 at every pixel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Axis:
    """The windows along one axis of a scene.

    Args:
        length: Pixels of the scene.
        window: Pixels of a window.
        overlap: Pixels that neighbouring windows share at least.
    """

    length: int
    window: int
    overlap: int

    @cached_property
    def starts(self) -> list[int]:
        """Where each window begins: spread evenly, the last one ends with the scene.

        A scene shorter than a window has one window, which reaches beyond it.
        """
        beyond = max(self.length - self.window, 0)
        steps = -(-beyond // (self.window - self.overlap))
        return [index * beyond // max(steps, 1) for index in range(steps + 1)]

    @cached_property
    def weights(self) -> np.ndarray:
        """The weight of each pixel of each window, float32 `(windows, window)`."""
        starts = self.starts
        rise = np.arange(1, self.window + 1) / (self.overlap + 1)
        weights = np.ones((len(starts), self.window))
        weights[1:] = np.minimum(weights[1:], rise)
        weights[:-1] = np.minimum(weights[:-1], rise[::-1])
        total = np.zeros(max(self.length, self.window))
        for start, weight in zip(starts, weights, strict=True):
            total[start : start + self.window] += weight
        for start, weight in zip(starts, weights, strict=True):
            weight /= total[start : start + self.window]
        return weights.astype(np.float32)


class Mosaic:
    """Adds up weighted windows and hands out rows that are complete.

    It holds as many rows as a window covers, and a strip more, however long the scene.

    Args:
        num_classes: Planes of a window's answer.
        rows: The windows along the height.
        columns: The windows along the width.
        strip: Rows handed out at a time.
    """

    def __init__(self, num_classes: int, rows: Axis, columns: Axis, strip: int):
        self._rows, self._columns, self._strip = rows, columns, strip
        # Rows are kept in a ring of whole strips: row r of the scene is r % capacity.
        self.capacity = (-(-rows.window // strip) + 1) * strip
        shape = self.capacity, columns.length
        self._sums = np.zeros((num_classes, *shape), np.float32)
        self._observed = np.zeros(shape, bool)
        self._first = 0

    def add(
        self, answer: np.ndarray, observed: np.ndarray, row: int, column: int
    ) -> None:
        """Add the answer of one window.

        Args:
            answer: `(num_classes, window, window)`.
            observed: Which of the pixels hold data, bool, no larger than a window.
            row: Which window along the height; never less than in the call before.
            column: Which window along the width.
        """
        height, width = observed.shape
        down = self._rows.weights[row][:height, None]
        across = self._columns.weights[column][:width]
        weighted = answer[:, :height, :width] * (down * across)
        left = self._columns.starts[column]
        columns = slice(left, left + width)
        for ring, part in self._pieces(self._rows.starts[row], height):
            self._sums[:, ring, columns] += weighted[:, part]
            self._observed[ring, columns] |= observed[part]

    def complete(self, row: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Hand out the rows that no window from row `row` of windows on will touch.

        Rows come in whole strips, the last one as long as it is; `row` may be the
        number of rows of windows to have them all.

        Yields:
            First row, mean answers `(num_classes, rows, width)` and which pixels
            hold data, `(rows, width)`. They are overwritten by what is added next.
        """
        starts, length = self._rows.starts, self._rows.length
        end = starts[row] if row < len(starts) else length
        while self._first < length and min(self._first + self._strip, length) <= end:
            count = min(self._strip, length - self._first)
            place = self._first % self.capacity
            ring = slice(place, place + count)
            yield self._first, self._sums[:, ring], self._observed[ring]
            self._sums[:, ring] = 0
            self._observed[ring] = False
            self._first += count

    def _pieces(self, row: int, height: int) -> Iterator[tuple[slice, slice]]:
        """Split rows of the scene where the ring ends: places in it, rows of theirs."""
        start = row % self.capacity
        fits = min(height, self.capacity - start)
        yield slice(start, start + fits), slice(0, fits)
        if fits < height:
            yield slice(0, height - fits), slice(fits, height)


def most_likely(planes: np.ndarray) -> np.ndarray:
    """Return the index of the largest plane, uint8 `(H, W)`; the first among equals.

    Several times faster than `argmax`, which walks across the planes at every pixel.
    """
    best = planes[0].copy()
    label = np.zeros(best.shape, np.uint8)
    for index, plane in enumerate(planes[1:], start=1):
        np.putmask(label, plane > best, np.uint8(index))
        np.maximum(best, plane, out=best)
    return label
