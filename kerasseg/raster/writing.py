"""Write rasters: tiled, compressed GeoTIFF, whole or window by window."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as _Rectangle

from kerasseg.legend import IGNORE, Legend
from kerasseg.places import beside, is_folder, is_remote, place, publish
from kerasseg.raster import whole
from kerasseg.raster.describing import Info, RasterError, is_rgb
from kerasseg.raster.meaning import class_tags, colormap
from kerasseg.raster.window import Window

BLOCK = 256
"""Pixels along a side of the tiles of a written GeoTIFF. Windows whose corners are
multiples of it are written once; others make GDAL compress a tile again."""


def check_name(path: Path) -> None:
    """See to it that a file to come is named as what it is.

    Raises:
        ValueError: If it is no folder, and does not end as a GeoTIFF does.
    """
    if path.suffix.lower() not in (".tif", ".tiff") and not is_folder(path):
        raise ValueError(f"{path}: it will be a GeoTIFF. Let its name end in .tif.")


class Writer:
    """A GeoTIFF that is filled window by window and appears when it is whole.

    The file is written beside its place and renamed when the `with` ends well; when
    it ends with an error nothing is left behind.

    Args:
        path: Where the file will be; missing folders are made.
        like: The raster whose size and georeferencing it takes.
        bands: One name per band.
        dtype: Type of the pixels; `float16` is stored so and read as float32.
        nodata: The value that stands for nothing.
        legend: For a map of class indices: gives the colour table, the class names
            (tags `CLASS_0`, `CLASS_1`, ... of the band) and nodata `IGNORE`.
        scale: What stored numbers are multiplied with to be what they mean.
        palette: The colours of other values, of a file of one band.

    Raises:
        OSError: If the place cannot be written, or the disk is full.
    """

    def __init__(
        self,
        path: str | Path,
        like: Info,
        *,
        bands: Sequence[str] = ("class",),
        dtype: str = "uint8",
        nodata: float | None = None,
        legend: Legend | None = None,
        scale: float | None = None,
        palette: Mapping[int, tuple[int, int, int]] | None = None,
    ):
        self.path = place(path)
        self._partial = beside(self.path, f".{self.path.name}.partial")
        self._palette = palette
        self._bands, self._legend, self._scale = tuple(bands), legend, scale
        self._profile = {
            "driver": "GTiff",
            "height": like.height,
            "width": like.width,
            "count": len(self._bands),
            "dtype": "float32" if dtype == "float16" else dtype,
            "crs": like.crs,
            "transform": like.transform,
            "nodata": IGNORE if legend and nodata is None else nodata,
            "tiled": True,
            "blockxsize": BLOCK,
            "blockysize": BLOCK,
            "compress": "deflate",
            "predictor": 3 if np.dtype(dtype).kind == "f" else 2,
            "interleave": "pixel" if len(self._bands) <= 4 else "band",
            "photometric": "RGB" if is_rgb(self._bands) else "MINISBLACK",
            "bigtiff": "IF_SAFER",
        }
        if dtype == "float16":
            self._profile["nbits"] = 16

    def __enter__(self) -> "Writer":
        self._partial.parent.mkdir(parents=True, exist_ok=True)
        if not is_remote(self.path) and self.path.is_dir():
            raise IsADirectoryError(f"{self.path}: is a folder. Name a file in it.")
        self._file = self._create()
        for index, name in enumerate(self._bands, start=1):
            self._file.set_band_description(index, name)
        if self._scale:
            self._file.scales = (self._scale,) * len(self._bands)
        if self._legend:
            self._file.write_colormap(1, colormap(self._legend))
            self._file.update_tags(1, **class_tags(self._legend))
        if self._palette:
            colors = {value: (*color, 255) for value, color in self._palette.items()}
            self._file.write_colormap(1, colors)
        return self

    def write(self, pixels: np.ndarray, window: Window | None = None) -> None:
        """Write `(H, W)` or `(H, W, C)` into a window, or as the whole raster."""
        planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
        window = window or Window(0, 0, self._file.height, self._file.width)
        expected = (self._file.count, window.height, window.width)
        if planes.shape != expected:
            raise ValueError(
                f"{self.path}: pixels of shape {pixels.shape} for {window} of "
                f"{self._file.count} bands"
            )
        rectangle = _Rectangle(window.column, window.row, window.width, window.height)
        try:
            self._file.write(planes, window=rectangle)
        except RasterioError:
            raise whole.failure(self.path) from None

    def __exit__(self, kind, *_) -> None:
        try:
            self._file.close()
            if kind is None:
                whole.check(self._partial)
                publish(self._partial, self.path)
        except RasterError:
            raise whole.failure(self.path) from None
        finally:
            self._partial.unlink(missing_ok=True)

    def _create(self) -> rasterio.io.DatasetWriter:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                return rasterio.open(self._partial, "w", **self._profile)
        except RasterioError:
            raise OSError(
                f"{self.path}: cannot be written. Choose a folder you may write to."
            ) from None


def write(path: str | Path, pixels: np.ndarray, like: Info | None = None) -> None:
    """Write `(H, W)` or `(H, W, C)` as a GeoTIFF on the grid of another raster.

    Args:
        path: Where the file will be.
        pixels: Written in the type they have.
        like: Gives georeferencing, nodata and, where their number fits, band names.
    """
    height, width = pixels.shape[:2]
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    names = tuple(f"band_{index}" for index in range(1, count + 1))
    plain = Info(Path(path), height, width, str(pixels.dtype), names, None, _IDENTITY)
    like = like or plain
    names = like.bands if like.count == count else names
    with Writer(
        path, like, bands=names, dtype=str(pixels.dtype), nodata=like.nodata
    ) as writer:
        writer.write(pixels)


_IDENTITY = rasterio.Affine.identity()
