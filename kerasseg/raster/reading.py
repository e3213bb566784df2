"""Read of a raster what is asked for, and close it again."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from kerasseg import places
from kerasseg.raster.describing import Info, RasterError
from kerasseg.raster.opening import open_source
from kerasseg.raster.stack import Stack, open_stack
from kerasseg.raster.window import Window


def info(path: str | Path | Sequence[str | Path]) -> Info:
    """Describe a raster without reading its pixels."""
    with open_stack(path) as stack:
        return stack.info


def read(
    source: str | Path | Stack,
    window: Window | None = None,
    bands: Sequence[int] | None = None,
) -> np.ndarray:
    """Read a file or an open stack as `(H, W, C)` in the stored type."""
    if isinstance(source, Stack):
        return source.read(window, bands)
    with open_stack(source) as stack:
        return stack.read(window, bands)


def read_label(source: str | Path | Stack, window: Window | None = None) -> np.ndarray:
    """Read the first band alone, `(H, W)`: label values, not colours."""
    return read(source, window, bands=[0])[..., 0]


def tags(path: str | Path) -> dict[str, str]:
    """Read the tags of a file; none where there is no raster."""
    try:
        with closing(open_source(places.place(path))) as source:
            return source.tags()
    except (RasterError, FileNotFoundError):
        return {}


def thumbnail(path: str | Path, longest: int) -> np.ndarray:
    """Read a label raster at a smaller scale, `(H, W)`, from its overviews.

    Args:
        path: The file.
        longest: Pixels of the longer side, at most.
    """
    with closing(open_source(places.place(path))) as source:
        factor = max(1.0, max(source.shape) / longest)
        shape = tuple(max(1, round(side / factor)) for side in source.shape)
        return source.read(1, out_shape=shape)
