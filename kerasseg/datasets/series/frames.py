"""Read a window of one date: bands of several pixel sizes on one grid."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.datasets.series.files import File
from kerasseg.raster import Window

Resampling = Literal["nearest", "cubic"]
_REACH = 2
"""Pixels beyond the window that cubic convolution looks at."""


def read(
    files: Sequence[File],
    bands: Sequence[str],
    window: Window,
    resampling: Resampling = "nearest",
    offset: int = 0,
) -> np.ndarray:
    """Read bands of one date, `(H, W, C)` in the stored type, 0 where there is nothing.

    Args:
        files: Those of the date.
        bands: The bands, in order.
        window: In pixels of the finest grid; it must lie inside.
        resampling: How coarser bands are brought there.
        offset: Taken from each value that is not 0; what would fall below 1 is 1.
    """
    pixels = np.empty((window.height, window.width, len(bands)), files[0].dtype)
    for file in files:
        places = [place for place, name in enumerate(bands) if name in file.bands]
        if places:
            wanted = [file.bands.index(bands[place]) for place in places]
            pixels[..., places] = band(file, wanted, window, resampling)
    if offset:
        lowest = np.maximum(pixels, np.array(offset + 1, pixels.dtype))
        pixels = np.where(pixels == 0, pixels, lowest - np.array(offset, pixels.dtype))
    return pixels


def band(
    file: File, wanted: Sequence[int], window: Window, resampling: Resampling
) -> np.ndarray:
    """Read bands of one file by position, `(H, W, C)` on the grid of the window."""
    factor, reach = file.factor, _REACH * (resampling == "cubic")
    top, bottom = _span(window.row, window.height, factor, reach, file.height)
    left, right = _span(window.column, window.width, factor, reach, file.width)
    coarse = _without_nodata(
        raster.read(file.path, Window(top, left, bottom - top, right - left), wanted),
        file.nodata,
    )
    if factor == 1:
        down, across = window.row - top, window.column - left
        return coarse[down : down + window.height, across : across + window.width]
    rows = np.arange(window.row, window.row + window.height)
    columns = np.arange(window.column, window.column + window.width)
    nearest = coarse[rows // factor - top][:, columns // factor - left]
    if resampling == "nearest":
        return nearest
    return _cubic(
        coarse,
        nearest,
        _weights(rows, factor, top, len(coarse)),
        _weights(columns, factor, left, coarse.shape[1]),
    )


def _span(start: int, length: int, factor: int, reach: int, end: int):
    """Return the coarse pixels, from and to, under a side of the window and beside."""
    first, last = start // factor - reach, -(-(start + length) // factor) + reach
    return max(first, 0), min(last, end)


def _without_nodata(pixels: np.ndarray, nodata: float | None) -> np.ndarray:
    if nodata is not None and not np.isnan(nodata) and nodata:
        pixels[pixels == nodata] = 0
    if pixels.dtype.kind == "f":
        pixels[~raster.is_measured(pixels)] = 0
    return pixels


def _weights(places: np.ndarray, factor: int, start: int, length: int) -> np.ndarray:
    """Return what each coarse pixel counts for each fine one, `(fine, coarse)`.

    Keys' cubic convolution with a = -0.5, the "cubic" of GDAL. Beyond the border of
    the raster its edge pixel goes on.
    """
    position = (places + 0.5) / factor - 0.5 - start
    weights = np.zeros((len(places), length), np.float32)
    for step in range(-1, 3):
        tap = np.floor(position) + step
        away = np.abs(position - tap)
        near = (1.5 * away - 2.5) * away**2 + 1
        far = ((-0.5 * away + 2.5) * away - 4) * away + 2
        weight = np.where(away < 1, near, np.where(away < 2, far, 0))
        inside = np.clip(tap, 0, length - 1).astype(int)
        np.add.at(weights, (np.arange(len(places)), inside), weight)
    return weights


def _cubic(
    coarse: np.ndarray, nearest: np.ndarray, down: np.ndarray, across: np.ndarray
) -> np.ndarray:
    """Resample; where a pixel it would look at holds nothing, the nearest is taken."""
    smooth = np.einsum("yi,ijc,xj->yxc", down, coarse, across, optimize=True)
    if coarse.dtype.kind in "ui":
        limits = np.iinfo(coarse.dtype)
        smooth = np.clip(np.rint(smooth), limits.min, limits.max)
    empty = coarse == 0
    if empty.any():
        seen = (np.abs(down) > 0).astype(np.float32), (np.abs(across) > 0) * 1.0
        hit = np.einsum("yi,ijc,xj->yxc", seen[0], empty, seen[1], optimize=True)
        smooth = np.where(hit > 0.5, nearest, smooth)
    return smooth.astype(coarse.dtype)
