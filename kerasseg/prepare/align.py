"""Bring a label raster onto the grid of its image, or band files into one.

Labels come from another producer, in another reference system and pixel size. Classes
must not be averaged: a pixel takes the nearest value, or the most frequent one where
the labels are finer than the image.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import rasterio
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from kerasseg import raster
from kerasseg.raster import Window

STRIP = 1024
"""Rows, and columns, that are in memory at a time."""


def label(
    source: str | Path,
    like: str | Path | Sequence[str | Path],
    destination: str | Path,
    *,
    method: Literal["nearest", "mode"] = "nearest",
    outside: int = 255,
) -> None:
    """Write a label raster anew on the grid of an image.

    Args:
        source: The label raster; its first band is taken.
        like: The image, or several files of its bands.
        destination: The GeoTIFF to write; it appears when it is whole.
        method: `"nearest"`, or `"mode"`: the most frequent value in the pixel.
        outside: The value where the label raster has none. It becomes nodata, which
            `prepare patches` ignores.

    Raises:
        FileNotFoundError: If a file is missing.
        RasterError: If a file is no raster, or lies nowhere on the ground.
    """
    here, there = raster.info(like), raster.info(source)
    for info in (here, there):
        if info.crs is None:
            raise raster.RasterError(
                f"{info.path}: no coordinate reference system, so it cannot be "
                "aligned. Assign one, or crop and resize it by hand."
            )
    grid = {"crs": here.crs, "transform": here.transform}
    grid |= {"height": here.height, "width": here.width}
    with (
        rasterio.open(source) as file,
        WarpedVRT(file, nodata=outside, resampling=Resampling[method], **grid) as view,
        raster.Writer(
            destination, here, bands=["label"], dtype=there.dtype, nodata=outside
        ) as writer,
    ):
        for window in _strips(here):
            area = rasterio.windows.Window(
                window.column, window.row, window.width, window.height
            )
            writer.write(view.read(1, window=area), window)


def bands(sources: Sequence[str | Path], destination: str | Path) -> None:
    """Write files of single bands as one image of many.

    Args:
        sources: Files on one grid, in the order of their bands.
        destination: The GeoTIFF to write; it appears when it is whole.

    Raises:
        FileNotFoundError: If a file is missing.
        RasterError: If the files differ in grid, type or nodata.
    """
    with raster.open_stack(sources) as stack:
        info = stack.info
        with raster.Writer(
            destination, info, bands=info.bands, dtype=info.dtype, nodata=info.nodata
        ) as writer:
            for window in _strips(info):
                writer.write(stack.read(window), window)


def _strips(info: raster.Info) -> list[Window]:
    places = raster.windows(info.height, info.width, STRIP, edge="pad")
    return [place.within(info.height, info.width) for place in places]
