"""Open files as rasterio sees them, and read them or tell what is wrong."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio import errors
from rasterio.windows import Window as _Rectangle

from kerasseg import places
from kerasseg.raster.describing import RasterError
from kerasseg.raster.stores import store

STRICT = {"GDAL_ERROR_ON_LIBJPEG_WARNING": "YES", "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO"}
"""Without these a JPEG or PNG cut short comes back grey or black, with no error."""


def open_source(path: Path) -> rasterio.DatasetReader:
    """Open one file.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If it is not a raster.
    """
    if not places.exists(path):
        raise FileNotFoundError(f"no raster at {path}. Correct the path.")
    try:
        with quietly(errors.NotGeoreferencedWarning), rasterio.Env(**STRICT):
            return rasterio.open(str(path), opener=store(path))
    except errors.RasterioError:
        if not places.is_remote(path) and path.is_dir():
            raise RasterError(f"{path}: a folder. Give a raster in it.") from None
        raise RasterError(
            f"{path}: not a raster, or damaged at its start. "
            "Give a TIFF, JPEG or PNG; if it is one, copy or download it again."
        ) from None


def read_planes(
    source: rasterio.DatasetReader, indexes: Sequence[int], rectangle: _Rectangle
) -> np.ndarray:
    """Read bands of an open file, numbered from 1, as `(C, H, W)`.

    Raises:
        RasterError: If the file, or of a VRT one that it is made of, is damaged.
    """
    with _told(source, rectangle):
        return source.read(list(indexes), window=rectangle)


def read_mask(source: rasterio.DatasetReader, rectangle: _Rectangle) -> np.ndarray:
    """Read the mask of an open file, which nodata in bands not asked for is part of.

    Raises:
        RasterError: As `read_planes` does.
    """
    with _told(source, rectangle):
        return source.dataset_mask(window=rectangle)


@contextmanager
def _told(source: rasterio.DatasetReader, rectangle: _Rectangle) -> Iterator[None]:
    """Read strictly, and tell what is wrong with a file."""
    try:
        with rasterio.Env(**STRICT):
            yield
    except errors.RasterioError as error:
        if source.name.lower().endswith(".vrt") and error.__cause__:
            why = getattr(error.__cause__, "errmsg", error.__cause__)
            raise RasterError(
                f"{source.name}: cannot be read, for a file it is made of cannot: "
                f"{why}. Bring that file back, or correct the VRT."
            ) from None
        raise RasterError(
            f"{source.name}: damaged or cut short near row {rectangle.row_off}, "
            f"column {rectangle.col_off}. Copy or download the file again."
        ) from None


@contextmanager
def quietly(category: type[Warning]) -> Iterator[None]:
    """Leave warnings of a kind unsaid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield


@contextmanager
def small_cache(num_bytes: int = 1 << 27) -> Iterator[None]:
    """Let GDAL keep less than a twentieth of the memory, however large the machine."""
    with rasterio.Env(GDAL_CACHEMAX=num_bytes):
        yield
