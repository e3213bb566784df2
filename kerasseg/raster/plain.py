"""Patches on disk: uncompressed GeoTIFF, the pixels of one file in one piece.

Any GIS opens them, yet reading one is a single read of the file and a look at its
header: an order of magnitude faster than opening it with GDAL, which matters when an
epoch is tens of thousands of patches.
"""

import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from kerasseg.files import write_whole
from kerasseg.legend import IGNORE, Legend
from kerasseg.raster.describing import is_rgb
from kerasseg.raster.meaning import colormap
from kerasseg.raster.reading import read as read_slowly

_WIDTH, _HEIGHT, _COMPRESSION, _OFFSETS, _SAMPLES = 256, 257, 259, 273, 277
_BYTES, _PLANES, _FORMAT = 279, 284, 339
_KINDS = {1: "u", 2: "i", 3: "f"}


def write(
    path: Path,
    pixels: np.ndarray,
    crs: rasterio.crs.CRS | None = None,
    transform: rasterio.Affine | None = None,
    *,
    bands: Sequence[str] = (),
    legend: Legend | None = None,
) -> None:
    """Write `(H, W)` or `(H, W, C)` so that `read` is fast.

    Args:
        path: Where the file will be, whole or not at all.
        pixels: Written in the type they have.
        crs: Coordinate reference system, if the patch has one.
        transform: From (column, row) to coordinates, if it has one.
        bands: One name per band, or none.
        legend: For class indices: the colour table, with nodata `IGNORE`.
    """
    planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    count, height, width = planes.shape
    with warnings.catch_warnings(), rasterio.MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(
            driver="GTiff",
            height=height,
            width=width,
            count=count,
            dtype=planes.dtype,
            crs=crs,
            transform=transform,
            nodata=IGNORE if legend else None,
            interleave="pixel",
            tiled=False,
            blockysize=height,
            photometric="RGB" if is_rgb(bands) else "MINISBLACK",
        ) as file:
            if legend:
                file.write_colormap(1, colormap(legend))
            file.write(planes)
            for index, name in enumerate(bands, start=1):
                file.set_band_description(index, name)
        write_whole(path, bytes(memory.getbuffer()))


def read(path: str | Path) -> np.ndarray:
    """Read a file as `(H, W, C)` in the stored type.

    A file that is no longer laid out as `write` left it, say after editing, is read
    through GDAL, slower but with the same result.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If it is not a raster, or cut short.
    """
    try:
        content = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"no patch at {path}. Prepare the data again."
        ) from None
    layout = _layout(content)
    if layout is None:
        return read_slowly(path)
    offset, shape, dtype = layout
    if offset % dtype.itemsize:  # Other libraries expect aligned numbers
        content, offset = content[offset:].copy(), 0
    return np.ndarray(shape, dtype, content.data, offset)


def _layout(content: np.ndarray) -> tuple[int, tuple[int, int, int], np.dtype] | None:
    """Read offset, shape and type of the pixels from the header, or None."""
    tags = _tags(content)
    if not tags or tags.get(_COMPRESSION) != 1 or tags.get(_OFFSETS) is None:
        return None
    samples = tags.get(_SAMPLES, 1)
    if samples > 1 and tags.get(_PLANES) != 1:
        return None
    shape = tags[_HEIGHT], tags[_WIDTH], samples
    item, rest = divmod(tags[_BYTES], shape[0] * shape[1] * samples)
    offset = tags[_OFFSETS]
    if rest or not item or offset + tags[_BYTES] > content.size:
        return None
    kind = _KINDS.get(tags.get(_FORMAT, 1))
    return (offset, shape, np.dtype(f"<{kind}{item}")) if kind else None


def _tags(content: np.ndarray) -> dict[int, int | None] | None:
    """Read the first value of each tag; None for tags of several strips."""
    if content.size < 8 or content[:4].tobytes() != b"II*\0":
        return None
    (start,) = struct.unpack_from("<I", content, 4)
    if start + 2 > content.size:
        return None
    (count,) = struct.unpack_from("<H", content, start)
    if start + 2 + 12 * count > content.size:
        return None
    tags: dict[int, int | None] = {}
    for place in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, number, value = struct.unpack_from("<HHII", content, place)
        if kind == 3 and number <= 2:
            value &= 0xFFFF
        elif tag == _FORMAT:
            value = struct.unpack_from("<H", content, value)[0]
        tags[tag] = None if tag == _OFFSETS and number != 1 else value
    return tags
