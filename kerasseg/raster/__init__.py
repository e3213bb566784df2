"""Rasters: open, list windows, read one, write one. The only door to rasterio.

Pixels keep the type they are stored in and lie as `(H, W, C)`. A raster without
georeferencing (a PNG, a JPEG) is legitimate; a rotated or south-up one keeps its
transform as it is.
"""

from kerasseg.raster.describing import Info, RasterError, grid
from kerasseg.raster.meaning import read_legend
from kerasseg.raster.measured import is_measured
from kerasseg.raster.opening import small_cache
from kerasseg.raster.reading import info, read, read_label, tags, thumbnail
from kerasseg.raster.stack import Stack, open_stack
from kerasseg.raster.warping import Warped
from kerasseg.raster.window import Edge, Window, windows
from kerasseg.raster.writing import Writer, check_name, write

__all__ = [
    "Edge",
    "Info",
    "RasterError",
    "Stack",
    "Warped",
    "Window",
    "Writer",
    "check_name",
    "grid",
    "info",
    "is_measured",
    "open_stack",
    "read",
    "read_label",
    "read_legend",
    "small_cache",
    "tags",
    "thumbnail",
    "windows",
    "write",
]
