"""Read a raster of classes on the grid of another one, without writing it anew."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT

from kerasseg.places import place
from kerasseg.raster import ground
from kerasseg.raster.describing import Info, RasterError, describe
from kerasseg.raster.opening import open_source
from kerasseg.raster.stack import Stack
from kerasseg.raster.window import Window


class Warped(Stack):
    """An open raster, seen on another grid: each pixel has the nearest value.

    Values are never averaged, so it is fit for classes. `inside` tells where the raster
    reaches.

    Args:
        path: The raster.
        like: The grid.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If it cannot be read, one of the two has no reference system, they
            share no ground, or only if degrees beyond 180 are turned.
    """

    def __init__(self, path: str | Path, like: Info):
        path = place(path)
        with ExitStack() as files:
            source = files.enter_context(open_source(path))
            about = describe(path, source)
            _check(about, like)
            view = WarpedVRT(
                source,
                crs=like.crs,
                transform=like.transform,
                height=like.height,
                width=like.width,
                resampling=Resampling.nearest,
                src_nodata=None,  # Or what lies outside could not be told from a class
                nodata=None,
                add_alpha=ColorInterp.alpha not in source.colorinterp,
            )
            files.enter_context(view)
            grid = {name: getattr(like, name) for name in _GRID}
            self.info = replace(about, **grid)
            self._sources = [view]
            self._indexes = [list(range(1, about.count + 1))]
            self._files = files.pop_all()

    def read(
        self, window: Window | None = None, bands: Sequence[int] | None = None
    ) -> np.ndarray:
        """Read as a `Stack` does; outside, a value of the window's own stands in."""
        window = window or Window(0, 0, self.info.height, self.info.width)
        pixels, inside = super().read(window, bands), self.inside(window)
        if inside.any():
            pixels[~inside] = pixels[inside][0]
        return pixels

    def inside(self, window: Window) -> np.ndarray:
        """Tell which pixels the raster reaches, bool `(H, W)`."""
        return self.observed(window)


_GRID = ("height", "width", "crs", "transform")


def _check(about: Info, like: Info) -> None:
    for info in (about, like):
        if info.crs is None:
            raise RasterError(
                f"{info.path}: no coordinate reference system, so it cannot be laid on "
                "another grid. Write the right one into it with `rio edit-info --crs`."
            )
    ground.check_meet(about, like)
    if ground.is_a_turn_away(about, like):
        raise RasterError(
            f"{about.path}: its longitudes run beyond 180 degrees where {like.path} "
            "lies. Bring it onto that grid with `kerasseg prepare align`, which knows "
            "how."
        )
