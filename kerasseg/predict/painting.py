"""Put the answers of windows into the pieces of a map, block by block."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend
from kerasseg.predict.blending import Axis, Block, Canvas, canvas_size, most_likely
from kerasseg.predict.options import Outputs
from kerasseg.predict.reading import Place
from kerasseg.predict.work import Work

_STEPS = 254
"""What probability 1 is stored as in uint8; 255 holds no data."""


class Painter:
    """Adds up windows and writes each block that no later window touches.

    Args:
        work: Where the pieces go, and what blocks hand on.
        outputs: What is written beside the map.
        info: The scene.
        legend: The classes.
        axes: The windows along height and width.
        todo: The blocks that are not finished, in order.
    """

    def __init__(
        self,
        work: Work,
        outputs: Outputs,
        info: raster.Info,
        legend: Legend,
        axes: tuple[Axis, Axis],
        todo: Sequence[Block],
    ):
        self._work, self._outputs, self._axes = work, outputs, axes
        self._info, self._legend = info, legend
        self._todo = iter(todo)
        sizes = [canvas_size(legend.num_classes, block) for block in todo]
        self._memory = np.empty(max(sizes, default=0), np.float32)
        self._canvas: Canvas | None = None
        self._begin()

    def paint(self, answers: np.ndarray, places: list[Place]) -> None:
        """Add the answers of a batch; those of finished blocks are left out."""
        for position, place in enumerate(places):
            while self._block and place.block > self._block.index:
                self._finish(place.name for place in places[:position])
            if self._block and place.block == self._block.index:
                answer = answers[position]
                self._canvas.add(answer, place.observed, place.row, place.column)

    def finish(self) -> None:
        """Write the blocks that are left."""
        while self._block:
            self._finish(())

    def _begin(self) -> None:
        self._block = block = next(self._todo, None)
        if block is None:
            return
        count = self._legend.num_classes
        self._canvas = Canvas(count, *self._axes, block, self._memory)
        self._canvas.receive(
            self._work.handed_on(block.above, "below"),
            self._work.handed_on(block.left, "right"),
        )

    def _finish(self, before: Iterable[tuple[int, int, int]]) -> None:
        """Write the block, and which windows of the batch come before the next one."""
        block, canvas = self._block, self._canvas
        shares, observed = canvas.finished
        label, best, margin = most_likely(shares)
        label[~observed] = IGNORE
        self._write("map", label, legend=self._legend)
        if self._outputs.confidence:
            stored = np.stack([_steps(best, observed), _steps(margin, observed)], -1)
            names = "confidence", "margin"
            self._write("confidence", stored, bands=names, **_SCALED)
        if self._outputs.probabilities:
            self._write_shares(shares, observed)
        self._work.hand_on(block.index, right=canvas.right, below=canvas.below)
        counts = np.bincount(label.reshape(-1), minlength=IGNORE + 1)
        pixels = [*counts[: self._legend.num_classes].tolist(), int(counts[IGNORE])]
        self._work.finish(block.index, pixels=pixels, before=list(before))
        self._work.forget(block.above)
        self._begin()

    def _write_shares(self, shares: np.ndarray, observed: np.ndarray) -> None:
        kind, names = self._outputs.probabilities, self._legend.names
        if kind == "uint8":
            stored, how = _steps(shares, observed), _SCALED
        else:
            stored = np.where(observed, shares, np.float32(np.nan))
            how = {"dtype": kind, "nodata": float("nan")}
        self._write("probabilities", np.moveaxis(stored, 0, -1), bands=names, **how)

    def _write(self, name: str, pixels: np.ndarray, **how) -> None:
        height, width = pixels.shape[:2]
        like = replace(self._info, height=height, width=width)
        path = self._work.piece(name, self._block.index)
        with raster.Writer(path, like, **how) as file:
            file.write(pixels)


_SCALED = {"dtype": "uint8", "nodata": 255, "scale": 1 / _STEPS}


def _steps(shares: np.ndarray, observed: np.ndarray) -> np.ndarray:
    stored = np.floor(shares * np.float32(_STEPS) + np.float32(0.5)).astype(np.uint8)
    return np.where(observed, stored, np.uint8(255))


def pieces(
    work: Work, name: str, blocks: Sequence[Block]
) -> list[tuple[Path, raster.Window]]:
    """List the pieces of a file and where each of them lies."""
    return [
        (
            work.piece(name, block.index),
            raster.Window(
                block.rows.start,
                block.columns.start,
                block.rows.finished - block.rows.start,
                block.columns.finished - block.columns.start,
            ),
        )
        for block in blocks
    ]
