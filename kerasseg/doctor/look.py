"""Look at a raster once, window by window, and remember what the checks need of it."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.doctor.sketch import Band, Sketch

Role = Literal["image", "label"]

WINDOW = 1024
"""Pixels along the side of what is in memory at a time."""

MOST_VALUES = 1024
"""A raster with more values than this holds no classes."""

_FEW_VALUES = 64
_OPTICAL = re.compile(r"(?i)(?<![a-z0-9])(B\d{1,2}A?|red|green|blue|nir\w*|swir\w*)\b")
_CLASSIFIED = re.compile(r"(?i)(?<![a-z])(scl|clm|fmask|qa60|qa_pixel|cloud\w*)")


@dataclass(frozen=True)
class Look:
    """What was seen of a raster.

    Args:
        info: Its head.
        role: Whether it holds measurements or classes.
        bands: The values of each band where it holds data; none of a label.
        values: Pixels by value of the first band, or by colour as 0xRRGGBB; empty for
            measurements, or where there are more than `MOST_VALUES`.
        observed: Pixels that hold data.
        fill: A value that stands for nothing but is not declared, or None.
        fill_share: The share of the pixels that have it in each band.
        digest: A hash of the pixels.
        date: When it was taken, where its name says so.
    """

    info: raster.Info
    role: Role
    bands: tuple[Band, ...] = field(repr=False)
    values: dict[int, int] = field(repr=False)
    observed: int
    fill: float | None
    fill_share: float
    digest: str
    date: np.datetime64 | None = None

    @property
    def path(self) -> Path:
        return self.info.path

    @property
    def is_empty(self) -> bool:
        return not self.observed or all(band.is_constant for band in self.bands)


def look(path: Path, role: Role | None = None, date: np.datetime64 | None = None):
    """Look at all pixels of a raster.

    Args:
        path: The file.
        role: What it holds; by default decided from its head and its values.
        date: When it was taken.

    Returns:
        A `Look`.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If it cannot be read.
    """
    with raster.open_stack(path) as stack:
        gathered = _Gathered(stack.info, role)
        for window in windows(stack.info):
            gathered.add(stack.read(window), stack.observed(window))
        fill, share = gathered.fill()
        if fill is not None and not _in_a_corner(stack, fill):
            fill, share = None, 0.0
    return gathered.finished(fill, share, date)


def is_classified(each: Look) -> bool:
    """Tell a mask of clouds, or another classification, beside the images."""
    return bool(_CLASSIFIED.search(_named(each.info)))


def windows(info: raster.Info) -> list[raster.Window]:
    """List windows that cover each pixel once."""
    cells = raster.windows(info.height, info.width, WINDOW, edge="pad")
    return [cell.within(info.height, info.width) for cell in cells]


def _in_a_corner(stack: raster.Stack, value: float) -> bool:
    """Tell whether a fill reaches a corner, as that around a scene does."""
    last = stack.info.height - 1, stack.info.width - 1
    corners = [(row, column) for row in (0, last[0]) for column in (0, last[1])]
    return any(
        bool((stack.read(raster.Window(*corner, 1, 1)) == value).all())
        for corner in corners
    )


class _Gathered:
    """What is gathered while windows go by."""

    def __init__(self, info: raster.Info, role: Role | None):
        self.info, self.role = info, role
        self._digest = hashlib.blake2b(repr((info.height, info.width)).encode())
        self._sketches = [Sketch() for _ in info.bands]
        self._values: Counter[int] | None = Counter() if _may_be_label(info) else None
        self._fills = dict.fromkeys(_fills(info), 0)
        self._observed = 0

    def add(self, pixels: np.ndarray, observed: np.ndarray) -> None:
        self._digest.update(np.ascontiguousarray(pixels).data)
        self._observed += int(np.count_nonzero(observed))
        if self.role != "label":
            held = pixels[observed]  # (N, C)
            for band, sketch in enumerate(self._sketches):
                sketch.add(held[:, band])
            for value in self._fills:
                self._fills[value] += int((held == value).all(axis=1).sum())
        if self._values is not None and self.role != "image":
            self._count(pixels)

    def fill(self) -> tuple[float | None, float]:
        """Return the likeliest value of an undeclared fill, and its share."""
        if not any(self._fills.values()):
            return None, 0.0
        value = max(self._fills, key=self._fills.__getitem__)
        return value, self._fills[value] / (self.info.height * self.info.width)

    def finished(self, fill: float | None, share: float, date) -> Look:
        role = self.role or ("label" if self._is_label() else "image")
        is_label = role == "label"
        return Look(
            info=self.info,
            role=role,
            bands=() if is_label else tuple(each.band() for each in self._sketches),
            values=dict(self._values or {}) if is_label else {},
            observed=self._observed,
            fill=None if is_label else fill,
            fill_share=0.0 if is_label else share,
            digest=self._digest.hexdigest()[:24],
            date=date,
        )

    def _count(self, pixels: np.ndarray) -> None:
        coded = pixels[..., 0]
        if pixels.shape[-1] >= 3:
            wide = pixels[..., :3].astype(np.int64)
            coded = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
        if coded.dtype.kind == "u" and coded.dtype.itemsize <= 2:  # No need to sort
            counts = np.bincount(coded.ravel())
            values = np.flatnonzero(counts)
            counts = counts[values]
        else:
            values, counts = np.unique(coded, return_counts=True)
        self._values.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        if len(self._values) > MOST_VALUES:
            self._values = None

    def _is_label(self) -> bool:
        about = self.info
        if about.count != 1 or not self._values:
            return False
        named = _named(about)
        if about.palette or _CLASSIFIED.search(named):
            return True
        return 1 < len(self._values) <= _FEW_VALUES and not _OPTICAL.search(named)


def _named(info: raster.Info) -> str:
    return " ".join((info.path.stem, *info.bands))


def _may_be_label(info: raster.Info) -> bool:
    whole = np.dtype(info.dtype).kind in "ui"
    return whole and (info.count == 1 or (info.count == 3 and info.dtype == "uint8"))


def _fills(info: raster.Info) -> tuple[float, ...]:
    """Return the values that often fill what no sensor saw; none in mere pictures."""
    if not info.is_georeferenced or info.nodata is not None:
        return ()
    dtype = np.dtype(info.dtype)
    if dtype.kind == "u":
        return (0, np.iinfo(dtype).max)
    return (0, -9999, -32768)
