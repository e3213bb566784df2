"""Open rasters of one grid, read by window as the bands of one."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.windows import Window as _Rectangle

from kerasseg import places
from kerasseg.places import place
from kerasseg.raster.describing import RasterError, describe, joined, without_alpha
from kerasseg.raster.opening import open_source, read_mask, read_planes
from kerasseg.raster.window import Window


class Stack:
    """One or more open files of the same grid, read as the bands of one raster.

    Close it, or use it in a `with`. It belongs to one thread.

    Args:
        paths: The files, in the order of their bands.
    """

    def __init__(self, paths: Sequence[Path]):
        self._paths = paths
        with ExitStack() as files:
            self._sources = [
                files.enter_context(closing(open_source(path))) for path in paths
            ]
            infos = [describe(*pair) for pair in zip(paths, self._sources, strict=True)]
            self.info = infos[0] if len(infos) == 1 else joined(infos)
            self._indexes = [without_alpha(source) for source in self._sources]
            self._files = files.pop_all()

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._files.close()

    @property
    def files(self) -> list[Path]:
        """All files that are read: for a VRT, those it is made of too."""
        found: list[Path] = []
        for path, source in zip(self._paths, self._sources, strict=True):
            # GDAL calls files of a store by names of its own.
            remote = places.is_remote(path)
            found += [path] if remote else [Path(name) for name in source.files]
        return found

    @property
    def block(self) -> tuple[int, int]:
        """Rows and columns of the pieces that the first file is stored in."""
        return self._sources[0].block_shapes[0]

    def read(
        self, window: Window | None = None, bands: Sequence[int] | None = None
    ) -> np.ndarray:
        """Read a window, or all of it, as `(H, W, C)` in the stored type.

        Args:
            window: It must lie inside the raster.
            bands: Positions of the bands wanted, from 0; all by default.

        Raises:
            RasterError: If the file is damaged, or the window lies outside.
        """
        window = window or Window(0, 0, self.info.height, self.info.width)
        self._check_inside(window)
        rectangle = _Rectangle(window.column, window.row, window.width, window.height)
        wanted = range(self.info.count) if bands is None else bands
        pixels = np.empty((window.height, window.width, len(wanted)), self.info.dtype)
        start = 0
        for source, indexes in zip(self._sources, self._indexes, strict=True):
            places = [
                (position, indexes[band - start])
                for position, band in enumerate(wanted)
                if start <= band < start + len(indexes)
            ]
            start += len(indexes)
            if places:
                positions, chosen = map(list, zip(*places, strict=True))
                planes = read_planes(source, chosen, rectangle)
                pixels[..., positions] = np.moveaxis(planes, 0, -1)
        return pixels

    def observed(self, window: Window) -> np.ndarray:
        """Tell which pixels hold data, bool `(H, W)`.

        A pixel holds none where the mask or the alpha band of the file says so, or
        where each of its bands has the value for nodata.
        """
        return self.observed_each(window).any(axis=-1)

    def observed_each(self, window: Window) -> np.ndarray:
        """Tell which pixels of which file hold data, bool `(H, W, F)`."""
        self._check_inside(window)
        rectangle = _Rectangle(window.column, window.row, window.width, window.height)
        masks = [
            _observed(source, indexes, rectangle)
            for source, indexes in zip(self._sources, self._indexes, strict=True)
        ]
        return np.stack(masks, axis=-1)

    def _check_inside(self, window: Window) -> None:
        height, width = self.info.height, self.info.width
        inside = window.row >= 0 and window.column >= 0
        if not inside or window != window.within(height, width):
            raise RasterError(
                f"{self.info.path}: {window} lies outside its {height} x {width} pixels"
            )


def _observed(source, indexes: list[int], rectangle: _Rectangle) -> np.ndarray:
    """Tell where a file holds data, by its mask or by nodata in each of its bands."""
    if len(indexes) == source.count and ColorInterp.alpha in source.colorinterp:
        # What is tagged alpha is a band of data here (see `without_alpha`): its low
        # values are no mask.
        if source.nodata is None:
            return np.ones((rectangle.height, rectangle.width), bool)
        planes = read_planes(source, indexes, rectangle)
        return np.any(planes != source.nodata, axis=0)
    return read_mask(source, rectangle) != 0


def open_stack(paths: str | Path | Sequence[str | Path]) -> Stack:
    """Open one file, or several of the same grid whose bands are put together.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If a file is not a raster, or its grid or type differs.
    """
    if isinstance(paths, str | Path) or places.is_remote(paths):
        paths = [paths]
    if not paths:
        raise RasterError("no raster to open: an empty list. Give at least one file.")
    return Stack(list(map(place, paths)))
