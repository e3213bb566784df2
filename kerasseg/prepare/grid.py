"""Where patches lie in a scene."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasseg import raster
from kerasseg.prepare.labels import Coding
from kerasseg.prepare.rules import Labelled, Observed, Rule
from kerasseg.prepare.sky import SCL, Codes
from kerasseg.raster import Window


@dataclass(frozen=True)
class Cut:
    """How scenes are cut.

    Args:
        size: Pixels along a patch's side.
        overlap: Pixels a patch shares with the next.
        edge: At the right and bottom: `"crop"` leaves the remainder out, as the
            published set-ups do, `"shift"` moves the last patch back inside, `"pad"`
            fills with ignored pixels.
        rules: Which windows become patches; see `rules`.
        sky: What the values of masks mean.
        coding: Whether labels are coded by `"color"` or `"value"`; see `Decoding`.
        block: Pixels along the side of the blocks that windows must not cross, or
            None.
        bands: Names of the bands, or None for those the files give.
    """

    size: int = 256
    overlap: int = 0
    edge: raster.Edge = "crop"
    rules: tuple[Rule, ...] = (Labelled(), Observed())
    sky: Codes = SCL
    coding: Coding = "auto"
    block: int | None = None
    bands: tuple[str, ...] | None = None

    def __post_init__(self):
        if not 0 <= self.overlap < self.size:
            raise ValueError(
                f"overlap {self.overlap} of patches of {self.size} pixels. Give one "
                "from 0 to the size less 1."
            )
        if self.block is not None and self.block < self.size:
            raise ValueError(
                f"block of {self.block} pixels holds no patch of {self.size}. Give a "
                "larger block."
            )

    def noted(self) -> dict[str, Any]:
        """Return plain values that are equal for equal cuts."""
        return {
            **vars(self),
            "rules": list(map(repr, self.rules)),
            "sky": repr(self.sky),
        }

    def windows(self, height: int, width: int) -> Iterator[tuple[str, Window]]:
        """List (block, window) over a scene, row by row within each block."""
        stride = self.size - self.overlap
        for top, left, rows, columns in self._blocks(height, width):
            for window in raster.windows(rows, columns, self.size, stride, self.edge):
                yield f"{top},{left}", window.shifted(top, left)

    def blocks(self, height: int, width: int) -> list[str]:
        """Name the blocks of a scene of that size, as `windows` does."""
        return [f"{top},{left}" for top, left, *_ in self._blocks(height, width)]

    def _blocks(self, height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
        for top, rows in _spans(height, self.block, self.size):
            for left, columns in _spans(width, self.block, self.size):
                yield top, left, rows, columns


def _spans(length: int, block: int | None, size: int) -> list[tuple[int, int]]:
    """Cut a side into (start, length); a last block too small for a patch joins."""
    if block is None or length < block + size:
        return [(0, length)]
    starts = list(range(0, length - size + 1, block))
    ends = [*starts[1:], length]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]
