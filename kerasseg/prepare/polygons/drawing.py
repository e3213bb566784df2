"""Polygons drawn on the grid of an image, read as if they were a label raster."""

from collections import Counter
from functools import cached_property

import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.warp import transform as _project
from rasterio.warp import transform_bounds

from kerasseg import raster
from kerasseg.prepare.polygons import files
from kerasseg.prepare.polygons.layer import Layer
from kerasseg.raster import Window


class Polygons:
    """An open layer of polygons.

    Args:
        layer: The polygons.
        like: The image.
        nothing: The value of unlabelled pixels.
        dtype: Type of the values.

    Attributes:
        info: The grid: that of the image, refined.
        strips: False: no window costs more than another of its size.
        unknown: Empty: `layer.describe` has looked at all values.
    """

    strips = False

    def __init__(self, layer: Layer, like: raster.Info, nothing: int, dtype: str):
        self.info = layer.info(like)
        self.unknown: Counter = Counter()
        self._layer, self._nothing, self._dtype = layer, nothing, dtype
        self._system = rasterio.crs.CRS.from_wkt(layer.crs)

    def close(self) -> None:
        """Do nothing: reading a window opens the file, and closes it."""

    def read(self, window: Window) -> np.ndarray:
        """Draw the polygons of a window, values `(H, W)`.

        A pixel is a polygon's if its centre is.
        """
        layer, nothing = self._layer, self._nothing
        place = rasterio.Affine.translation(window.column, window.row)
        transform = self.info.transform @ place
        ground = nothing if layer.background is None else layer.background
        drawn = np.full((window.height, window.width), ground, self._dtype)
        codes = [
            (shape, nothing if layer.codes[text] is None else layer.codes[text])
            for shape, text in self._shapes(_bounds(transform, window))
            if shape is not None and not shape.is_empty
        ]
        if codes:
            rasterize(codes, out=drawn, transform=transform)
        return drawn

    def _shapes(self, bounds: tuple[float, ...]):
        """Return the polygons near bounds of the image's system, and their texts."""
        here, there = self.info.crs, self._system
        if here != there:
            bounds = transform_bounds(here, there, *bounds, densify_pts=21)
        if files.is_parquet(self._layer.path):
            import shapely

            shapes, texts, tree = self._kept
            chosen = np.sort(tree.query(shapely.box(*bounds)))
            shapes, texts = shapes[chosen], texts[chosen]
        else:
            layer = self._layer
            shapes, texts = files.shapes(
                layer.path, layer.name, layer.attribute, bounds
            )
        if here != there and len(shapes):
            shapes = _moved(shapes, there, here)
        return zip(shapes, texts.tolist(), strict=True)

    @cached_property
    def _kept(self):
        import shapely

        shapes, texts = files.shapes(self._layer.path, None, self._layer.attribute)
        return shapes, texts, shapely.STRtree(shapes)


def _bounds(transform: rasterio.Affine, window: Window) -> tuple[float, ...]:
    columns, rows = (0, window.width) * 2, (0, 0, window.height, window.height)
    x, y = transform @ (np.array(columns), np.array(rows))
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _moved(shapes: np.ndarray, here, there) -> np.ndarray:
    """Bring geometries into another reference system, corner by corner."""
    import shapely

    def project(points: np.ndarray) -> np.ndarray:
        return np.column_stack(_project(here, there, *points.T))

    return shapely.transform(shapes, project)
