"""The work of an alignment in pieces: bands of rows that processes share.

Each finished piece is a file beside the destination, so that a job that was killed
goes on where it was, and a window at a time is in memory, whatever the rasters' sizes.
"""

import io
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import __version__, places, raster
from kerasseg.files import write_whole
from kerasseg.legend import Legend
from kerasseg.prepare.align import grids, sources, votes, warps
from kerasseg.prepare.labels import Coding
from kerasseg.prepare.polygons import Layer, Polygons, parts_of
from kerasseg.raster import Window

ROWS = 512
"""Rows of the image in a piece: two rows of tiles of the file to be written."""
BUDGET = 1 << 24
"""Label pixels that are looked at together."""


@dataclass(frozen=True)
class Job:
    """What to align, and how; a process can be given it.

    Args:
        labels: The label raster, or a layer of polygons.
        like: The grid of the image.
        out: What the aligned raster holds.
        rule: How pixels take their class.
        legend: What labels mean, or None.
        coding: How label rasters are coded.
        unknown: What becomes of values that the legend does not know.
        parts: The folder of finished pieces.
    """

    labels: Path | Layer
    like: raster.Info
    out: sources.Output
    rule: votes.Rule
    legend: Legend | None
    coding: Coding
    unknown: sources.Unknown
    parts: Path

    def open(self) -> sources.Source:
        if isinstance(self.labels, Layer):
            return Polygons(self.labels, self.like, self.out.nothing, self.out.dtype)
        return sources.Raster(
            self.labels, self.out, self.legend, self.coding, self.unknown, self.like
        )

    def pieces(self) -> list["Piece"]:
        return [
            Piece(self, row, min(ROWS, self.like.height - row))
            for row in range(0, self.like.height, ROWS)
        ]


@dataclass(frozen=True)
class Piece:
    """A band of rows of the image."""

    job: Job
    row: int
    height: int

    @property
    def path(self) -> Path:
        return self.job.parts / f"{self.row:08d}.npz"

    def load(self) -> tuple[np.ndarray, Counter]:
        """Return values and shares, `(H, W, 2)`, and the unknown values met."""
        with np.load(self.path) as held:
            unknown = dict(held["unknown"].tolist())
            return np.stack([held["values"], held["share"]], axis=-1), Counter(unknown)


def run(piece: Piece) -> None:
    """Align one piece, and keep it."""
    job = piece.job
    shape = piece.height, job.like.width
    found = np.empty(shape, job.out.dtype), np.empty(shape, np.uint8)
    source = job.open()
    try:
        for window in _windows(job, source, piece):
            rows = slice(window.row - piece.row, window.row - piece.row + window.height)
            columns = slice(window.column, window.column + window.width)
            for whole, part in zip(found, _aligned(job, source, window), strict=True):
                whole[rows, columns] = part
        unknown = sorted(source.unknown.items())
    finally:
        source.close()
    content = io.BytesIO()
    unknown = np.array(unknown, np.int64).reshape(-1, 2)
    np.savez_compressed(content, values=found[0], share=found[1], unknown=unknown)
    write_whole(piece.path, content.getvalue())


def _aligned(job: Job, source: sources.Source, window: Window):
    axes = grids.along(job.like, source.info)
    if axes:
        place = grids.Place(*axes, window)
    else:
        place = warps.Place(job.like, source.info, window)
    if place.source is None:
        shape = window.height, window.width
        return np.full(shape, job.rule.nothing, job.out.dtype), np.full(shape, 255)
    return votes.choose(place.turned(source.read(place.source)), place, job.rule)


def _windows(job: Job, source: sources.Source, piece: Piece) -> list[Window]:
    """Cut a piece so that the labels of a window fit the budget.

    Where labels are stored in whole rows, windows are wide and low, so that no row is
    decoded for several of them.
    """
    each = _labels_per_pixel(job.like, source.info)
    if source.strips:
        height = max(int(BUDGET / (each * job.like.width)), 1)
        width = job.like.width
    else:
        side = max(int((BUDGET / each) ** 0.5), 1)
        height, width = min(side, piece.height), min(side, 4 * ROWS)
    return [
        Window(piece.row + row, column, height, width).within(
            piece.row + piece.height, job.like.width
        )
        for row in range(0, piece.height, height)
        for column in range(0, job.like.width, width)
    ]


def _labels_per_pixel(like: raster.Info, label: raster.Info) -> float:
    """Estimate how many label pixels lie in one of the image, at least 1."""
    middle = like.height / 2, like.width / 2
    corners = np.add(middle, [[0, 0], [1, 0], [0, 1]])
    rows, columns = corners.T[:, None]
    origin, down, right = warps.moved(like, label, rows, columns)[:, 0].T
    area = np.linalg.det(np.stack([down - origin, right - origin]))
    return max(float(abs(area)), 1.0)


def plan(job: Job, files: list[Path]) -> dict[str, Any]:
    """Write down all that the pieces depend on."""
    return {
        "kerasseg": __version__,
        "files": [places.stamp(part) for path in files for part in parts_of(path)],
        "out": asdict(job.out),
        "rule": asdict(job.rule),
        "legend": job.legend and job.legend.to_dict(),
        "labels": str(job.labels),
        "coding": [job.coding, job.unknown],
        "rows": ROWS,
    }
