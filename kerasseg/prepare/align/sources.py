"""Label rasters as they are read to be aligned: their values made those of the output.

With a legend, classes are mapped and merged before they are counted, and each pixel
holds the first code of its class: the same legend reads the aligned raster. Without
one, values stay as they are. No value is ever clipped.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend, LegendError
from kerasseg.prepare.align import meridian
from kerasseg.prepare.labels import Coding, Decoder
from kerasseg.raster import Window

Unknown = Literal["refuse", "ignore"]


class Source(Protocol):
    """Where labels come from, on a grid of their own.

    Attributes:
        info: The grid.
        strips: Whether pixels are stored in whole rows, not in tiles.
        unknown: How many label pixels had a value that the legend does not know.
    """

    info: raster.Info
    strips: bool
    unknown: Counter

    def read(self, window: Window) -> np.ndarray:
        """Read values of the output, `(H, W)`."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Output:
    """What an aligned raster holds.

    Args:
        dtype: Type of the values.
        nothing: The value of unlabelled pixels, its nodata.
        codes: The value of each class of the legend; empty without one.
    """

    dtype: str
    nothing: int
    codes: tuple[int, ...] = ()


def output(source: raster.Info, legend: Legend | None, nodata: int | None) -> Output:
    """Settle what an aligned raster holds.

    Args:
        source: The label raster.
        legend: What its values mean, if that is said.
        nodata: The value of unlabelled pixels; by default the first ignored code of
            the legend, the nodata of the raster, or 255.

    Raises:
        LegendError: If a class has that value, or the same code as another.
    """
    if np.dtype(source.dtype).kind not in "ui":
        raise LegendError(
            f"{source.path}: {source.dtype} label. Give whole numbers, or colours."
        )
    if legend is None:
        kept = source.nodata
        known = kept is not None and float(kept).is_integer()
        nothing = nodata if nodata is not None else int(kept) if known else IGNORE
        if source.count > 2:  # `align --share` makes two
            raise LegendError(
                f"{source.path}: {source.count} bands, which only a legend tells the "
                "classes of. Give it with --legend, or a raster of one band."
            )
        return Output(_holding(nothing, np.dtype(source.dtype)), nothing)
    codes = tuple(
        entry.codes[0] if entry.codes else index
        for index, entry in enumerate(legend.classes)
    )
    ignored = [code for entry in legend.ignored for code in entry.codes]
    nothing = nodata if nodata is not None else [*ignored, IGNORE][0]
    taken = [code for entry in legend.classes for code in entry.codes or ()]
    twice = [code for code in codes if codes.count(code) > 1]
    if nothing in (*codes, *taken) or twice:
        raise LegendError(
            f"value {nothing if not twice else twice[0]} stands for a class and for "
            f"{'another class' if twice else 'unlabelled pixels'}. Give the class "
            "another code, or unlabelled pixels another value with --nodata."
        )
    kind = np.result_type(np.uint8, *map(np.min_scalar_type, codes))
    return Output(_holding(nothing, kind), nothing, codes)


def _holding(value: int, kind: np.dtype) -> str:
    """Name a type that holds all that another does, and a value."""
    widened = np.result_type(kind, np.min_scalar_type(value))
    if widened.kind not in "ui":
        raise LegendError(
            f"nodata {value}: no type of whole numbers holds it beside {kind}. Give "
            "unlabelled pixels another value with --nodata."
        )
    return str(widened)


class Raster:
    """An open label raster.

    Args:
        path: The file; its first band is taken, or its colours.
        out: What to make of it.
        legend: What its values mean, or None to keep them.
        coding: Whether labels are coded by `"color"` or `"value"`; see `Decoding`.
        unknown: What becomes of values the legend does not know: `"refuse"` or
            `"ignore"`.
        like: The image around which labels in degrees are laid, or None.
    """

    def __init__(
        self,
        path: str | Path,
        out: Output,
        legend: Legend | None = None,
        coding: Coding = "auto",
        unknown: Unknown = "refuse",
        like: raster.Info | None = None,
    ):
        self._stack = raster.open_stack(path)
        self._out = out
        self._decoder = None
        if legend is not None:
            self._decoder = Decoder(self._stack, legend, coding, unknown)
            self._table = np.full(256, out.nothing, out.dtype)
            self._table[: len(out.codes)] = out.codes
        self.info, self._first = self._stack.info, 0
        if like is not None:
            self.info, self._first = meridian.laid(self.info, like)
        self.strips = self._stack.block[1] >= self.info.width

    @property
    def unknown(self) -> Counter:
        return self._decoder.unknown if self._decoder else Counter()

    def close(self) -> None:
        self._stack.close()

    def read(self, window: Window) -> np.ndarray:
        """Read values of the output, `(H, W)`.

        Raises:
            LegendError: If a value is not in the legend, or is that of unlabelled
                pixels without being the raster's nodata.
        """
        width = self.info.width
        begun = window._replace(column=(window.column + self._first) % width)
        inside = begun.within(self.info.height, width)
        labels = self._read(inside)
        if inside.width == window.width:
            return labels
        rest = window._replace(column=0, width=window.width - inside.width)
        return np.concatenate([labels, self._read(rest)], axis=1)

    def _read(self, window: Window) -> np.ndarray:
        if self._decoder:
            return looked_up(self._table, self._decoder.read(window))
        labels = raster.read_label(self._stack, window)
        nodata, nothing = self.info.nodata, self._out.nothing
        if nodata == nothing:
            return labels.astype(self._out.dtype, copy=False)
        if (labels == nothing).any():
            raise LegendError(
                f"{self.info.path}: value {nothing} is a label there, and what "
                "unlabelled pixels are to get. Give another value with --nodata."
            )
        empty = None if nodata is None else labels == nodata
        labels = labels.astype(self._out.dtype, copy=False)
        if empty is not None:
            labels[empty] = nothing
        return labels


def looked_up(table: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return `table[indices]` for uint8 `(H, W)`, fast."""
    if table.dtype.itemsize == 1:
        return cv2.LUT(indices, table)
    return np.take(table, indices)
