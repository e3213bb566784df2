"""Put files of single bands together as one image."""

from collections.abc import Sequence
from pathlib import Path

from kerasseg import raster

STRIP = 1024
"""Rows, and columns, that are in memory at a time."""


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
            for place in raster.windows(info.height, info.width, STRIP, edge="pad"):
                window = place.within(info.height, info.width)
                writer.write(stack.read(window), window)
