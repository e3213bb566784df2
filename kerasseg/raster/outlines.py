"""Outlines of areas of one value, and back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import rasterio
from rasterio import features

from kerasseg.raster.window import Window


def outlines(label: np.ndarray, window: Window) -> Iterator[tuple[dict[str, Any], int]]:
    """Trace the areas of one value; pixels that share a side belong together.

    Args:
        label: uint8 `(H, W)`.
        window: Where it lies.

    Yields:
        GeoJSON polygons in (column, row) of the whole raster, along the sides of
        pixels, and their values.
    """
    place = rasterio.Affine.translation(window.column, window.row)
    for shape, value in features.shapes(label, connectivity=4, transform=place):
        yield shape, int(value)


def numbered(shapes: Iterable[tuple[Any, int]], window: Window) -> np.ndarray:
    """Fill polygons with their numbers, int32 `(H, W)`; 0 where there is none."""
    place = rasterio.Affine.translation(window.column, window.row)
    listed: Sequence = list(shapes)
    size = window.height, window.width
    if not listed:
        return np.zeros(size, np.int32)
    return features.rasterize(listed, size, transform=place, dtype=np.int32)
