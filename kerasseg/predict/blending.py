"""Windows over a scene, and how their answers become one map.

Every pixel's answer is the weighted mean of the answers of the windows that cover it.
A window weighs less towards an edge beyond which another window goes on, since there
it sees the least of the surroundings; at the scene's own edge it is all there is and
keeps its full weight. Weights are never 0 and sum to 1 at every pixel.

A scene is blended block by block, row by row of them: a block is a few windows by a few
windows, added up on a canvas. Where the windows of a block reach into its neighbours to
the right and below, their sums are handed on. So what is held in memory is one block,
and what is begun with after an interruption is the first block that was not finished.
"""

import itertools
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


@dataclass(frozen=True)
class Span:
    """Windows that follow each other along an axis, and the pixels they cover.

    Args:
        first: The first of the windows.
        last: One behind the last of them.
        start: Their first pixel.
        finished: Where the windows that follow begin; the end of the axis for the last.
        end: One behind their last pixel.
    """

    first: int
    last: int
    start: int
    finished: int
    end: int


def spans(axis: Axis, side: int) -> list[Span]:
    """Cut an axis into equal runs of windows.

    No run is so short that the one before it reaches into the one behind it: so a
    block has to do with the blocks beside it alone.

    Args:
        axis: The windows.
        side: Pixels of a run, about; at least a window.
    """
    starts = axis.starts
    step = min((b - a for a, b in itertools.pairwise(starts)), default=axis.window)
    least = max(1, -(-axis.window // step) - 1)
    count = -(-len(starts) // max(side // step, least))
    count = max(1, min(count, len(starts) // least))
    edges = [index * len(starts) // count for index in range(count + 1)]
    found = []
    for first, last in itertools.pairwise(edges):
        finished = starts[last] if last < len(starts) else axis.length
        end = min(starts[last - 1] + axis.window, axis.length)
        found.append(Span(first, last, starts[first], finished, end))
    return found


@dataclass(frozen=True)
class Block:
    """A part of a scene that is computed together.

    Args:
        index: Its place in the order of work, row by row.
        rows: Its windows along the height.
        columns: Its windows along the width.
        across: Blocks along the width.
    """

    index: int
    rows: Span
    columns: Span
    across: int

    @property
    def above(self) -> int | None:
        """Which block lies above."""
        return self.index - self.across if self.index >= self.across else None

    @property
    def left(self) -> int | None:
        """Which block lies to the left."""
        return self.index - 1 if self.index % self.across else None


def blocks(rows: Axis, columns: Axis, height: int, width: int) -> list[Block]:
    """Cut a scene into blocks of about `height` x `width` pixels, row by row."""
    down, along = spans(rows, height), spans(columns, width)
    pairs = enumerate(itertools.product(down, along))
    return [Block(index, *pair, len(along)) for index, pair in pairs]


class Canvas:
    """Adds up the weighted windows of one block.

    Args:
        num_classes: Planes of a window's answer.
        rows: The windows along the height of the scene.
        columns: The windows along its width.
        block: The part of the scene.
        memory: float32 to add up in, of `canvas_size` numbers; new by default. Blocks
            of one scene share theirs, or the heap falls into pieces that fit none.
    """

    def __init__(
        self,
        num_classes: int,
        rows: Axis,
        columns: Axis,
        block: Block,
        memory: np.ndarray | None = None,
    ):
        self._rows, self._columns, self._block = rows, columns, block
        shape = (
            block.rows.end - block.rows.start,
            block.columns.end - block.columns.start,
        )
        size = canvas_size(num_classes, block)
        memory = np.empty(size, np.float32) if memory is None else memory
        self._sums = memory[:size].reshape(num_classes, *shape)
        self._sums[:] = 0
        self._observed = np.zeros(shape, bool)
        self._down = block.rows.finished - block.rows.start
        self._along = block.columns.finished - block.columns.start

    def add(
        self, answer: np.ndarray, observed: np.ndarray, row: int, column: int
    ) -> None:
        """Add the answer of one window of the block.

        Args:
            answer: `(num_classes, window, window)`.
            observed: Which of the pixels hold data, bool, no larger than a window.
            row: Which window along the height of the scene.
            column: Which window along its width.
        """
        height, width = observed.shape
        down = self._rows.weights[row][:height, None]
        across = self._columns.weights[column][:width]
        top = self._rows.starts[row] - self._block.rows.start
        left = self._columns.starts[column] - self._block.columns.start
        place = slice(top, top + height), slice(left, left + width)
        self._sums[:, *place] += answer[:, :height, :width] * (down * across)
        self._observed[place] |= observed

    def receive(
        self, above: np.ndarray | None = None, left: np.ndarray | None = None
    ) -> None:
        """Add what neighbours handed on: `below` from above, `right` from the left."""
        for sums in (above, left):
            if sums is not None:
                self._sums[:, : sums.shape[1], : sums.shape[2]] += sums

    @property
    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean answers and which pixels hold data, where no later window reaches."""
        place = slice(self._down), slice(self._along)
        return self._sums[:, *place], self._observed[place]

    @property
    def right(self) -> np.ndarray:
        """The sums that the block to the right goes on with."""
        return self._sums[:, :, self._along :]

    @property
    def below(self) -> np.ndarray:
        """The sums that the block below goes on with."""
        return self._sums[:, self._down :, : self._along]


def canvas_size(num_classes: int, block: Block) -> int:
    """Count the numbers that a canvas of a block adds up."""
    height, width = (each.end - each.start for each in (block.rows, block.columns))
    return num_classes * height * width


def most_likely(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the largest plane of each pixel, the first among equals.

    Several times faster than `argmax`, which walks across the planes at every pixel.

    Args:
        planes: `(K, H, W)`, none of them negative.

    Returns:
        Its index, uint8 `(H, W)`, its value, and by how much the second is smaller.
    """
    best, second = planes[0].copy(), np.zeros_like(planes[0])
    label = np.zeros(best.shape, np.uint8)
    for index, plane in enumerate(planes[1:], start=1):
        np.maximum(second, np.minimum(best, plane), out=second)
        np.putmask(label, plane > best, np.uint8(index))
        np.maximum(best, plane, out=best)
    return label, best, best - second
