"""Put files of single bands together as one image."""

from collections.abc import Sequence
from pathlib import Path

from kerasseg import raster
from kerasseg.places import absolute, place

STRIP = 1024
"""Rows, and columns, that are in memory at a time."""


def bands(
    sources: Sequence[str | Path],
    destination: str | Path,
    names: Sequence[str] | None = None,
) -> None:
    """Write files of single bands as one image of many.

    Args:
        sources: Files on one grid, in the order of their bands.
        destination: The GeoTIFF to write; it appears when it is whole.
        names: What the bands are called, by which models find them; by default as in
            the files, and a band without a name as its file.

    Raises:
        FileNotFoundError: If a file is missing.
        RasterError: If the files differ in grid, type or nodata.
        ValueError: If the destination is one of the files, or is not called `.tif`,
            or there are fewer or more names than bands.
    """
    raster.check_name(place(destination))
    with raster.open_stack(sources) as stack:
        info = stack.info
        if absolute(place(destination)) in map(absolute, stack.files):
            raise ValueError(
                f"{destination} is one of the files to put together. Name the image "
                "to write last."
            )
        names = tuple(names or info.bands)
        if len(names) != info.count:
            raise ValueError(
                f"{len(names)} names ({', '.join(names)}) for {info.count} bands "
                f"({', '.join(info.bands)}). Give one for each, in their order."
            )
        with raster.Writer(
            destination, info, bands=names, dtype=info.dtype, nodata=info.nodata
        ) as writer:
            for tile in raster.windows(info.height, info.width, STRIP, edge="pad"):
                window = tile.within(info.height, info.width)
                writer.write(stack.read(window), window)
