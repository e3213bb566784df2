"""Polygons as labels: drawn on a grid as fine as it takes, a window at a time.

GeoPackage, Shapefile, GeoJSON and FlatGeobuf are read by pyogrio, the features of a
window only; GeoParquet by pyarrow, its geometries being kept in memory. Where polygons
overlap, the last of the file is on top.
"""

from kerasseg.prepare.polygons.drawing import Polygons
from kerasseg.prepare.polygons.layer import (
    SUFFIXES,
    Layer,
    check_meets,
    describe,
    is_vector,
    parts_of,
)

__all__ = [
    "SUFFIXES",
    "Layer",
    "Polygons",
    "check_meets",
    "describe",
    "is_vector",
    "parts_of",
]
