"""Map all windows of a scene: read, compute and write at the same time."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from kerasseg import artifact, raster
from kerasseg.predict import doubts
from kerasseg.predict import work as works
from kerasseg.predict.ahead import ahead, behind
from kerasseg.predict.blending import Block, blocks
from kerasseg.predict.finishing import finish
from kerasseg.predict.job import Job
from kerasseg.predict.options import Summary
from kerasseg.predict.painting import Painter
from kerasseg.predict.reading import Scene

SIDE = 2048
"""Pixels of a block along a side, at most about."""

_CANVAS = 1 << 28
"""Bytes of the sums of a block, at most about."""

Progress = Callable[[int, int], None]


def run(
    job: Job, files: Sequence[Path], fresh: bool, progress: Progress | None
) -> Summary:
    """Map all windows of a scene, and write all that is wanted of it.

    Args:
        job: What to do.
        files: What is read.
        fresh: Whether to discard what an interrupted run with another plan has left.
        progress: Called with the windows done and their number.
    """
    begun = time.perf_counter()
    windows, legend = job.windows, artifact.legend(job.model)
    doubts.warn(windows, job.model)
    parts = blocks(windows.rows, windows.columns, *_sides(windows, legend.num_classes))
    with (
        raster.small_cache(),
        works.at(job.destination, job.plan(files), fresh) as work,
    ):
        done = len(work.finished())
        _compute(job, work, parts, progress)
        records = work.finished()
        pixels = np.sum([record["pixels"] for record in records], axis=0)
        finish(work, job, parts, pixels, job.name(files))
    info = windows.stack.info
    return Summary(
        map=job.destination,
        height=info.height,
        width=info.width,
        windows=windows.count,
        resumed=sum(map(_count, parts[:done])),
        pixels=tuple(pixels.tolist()),
        seconds=time.perf_counter() - begun,
        beside=job.outputs.paths(job.destination),
    )


def _compute(
    job: Job, work: works.Work, parts: Sequence[Block], progress: Progress | None
) -> None:
    """Read, compute and write, each in a thread of its own."""
    records = work.finished()
    todo = parts[len(records) :]
    before = records[-1]["before"] if records else ()
    windows = job.windows
    painter = Painter(
        work,
        job.outputs,
        windows.stack.info,
        artifact.legend(job.model),
        (windows.rows, windows.columns),
        todo,
    )
    count = _Counter(parts, progress)
    images = windows.batches(work.plan["batch_size"], todo, before)
    with behind() as later, closing(ahead(images)) as batches:
        for batch, places in batches:
            later(painter.paint, job.classify(batch), places)
            count.done(places[-1].name)
        later(painter.finish)
    count.all()


class _Counter:
    """Says how many windows are done, those without data included."""

    def __init__(self, parts: Sequence[Block], progress: Progress | None):
        self._parts, self._progress = parts, progress
        sizes = [_count(block) for block in parts]
        self._before = np.cumsum([0, *sizes]).tolist()

    def done(self, name: tuple[int, int, int]) -> None:
        index, row, column = name
        block = self._parts[index]
        along = block.columns.last - block.columns.first
        inside = (row - block.rows.first) * along + column - block.columns.first + 1
        self._tell(self._before[index] + inside)

    def all(self) -> None:
        self._tell(self._before[-1])

    def _tell(self, number: int) -> None:
        if self._progress:
            self._progress(number, self._before[-1])


def _count(block: Block) -> int:
    rows, columns = block.rows, block.columns
    return (rows.last - rows.first) * (columns.last - columns.first)


def _sides(windows: Scene, num_classes: int) -> tuple[int, int]:
    """Choose height and width of blocks: wide and low where whole rows are read."""
    side = min(SIDE, int((_CANVAS / 4 / num_classes) ** 0.5))
    if windows.stack.info.is_striped and windows.columns.length > side:
        return windows.rows.window, max(side, side**2 // windows.rows.window)
    return side, side
