"""Write polygons a few thousand at a time: GeoPackage or GeoParquet."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import shapely

from kerasseg.legend import Legend
from kerasseg.raster import Info

_CHUNK = 5000


class Feature(NamedTuple):
    """One area: its class, its outline in pixels, its size in the map's units."""

    value: int
    polygon: shapely.Polygon
    area: float


class _Sink(Protocol):
    def write(self, wkb: np.ndarray, columns: dict[str, np.ndarray]) -> None: ...

    def close(self) -> None: ...


class Writer:
    """Collects features, and hands them on a few thousand at a time.

    Args:
        sink: The file.
        info: The map, whose transform brings pixels to coordinates.
        legend: The names of the classes.
    """

    def __init__(self, sink: _Sink, info: Info, legend: Legend):
        self._sink, self._info, self._legend = sink, info, legend
        self._waiting: list[Feature] = []

    def add(self, feature: Feature) -> None:
        """Add one."""
        self._waiting.append(feature)
        if len(self._waiting) == _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        values = np.array([each.value for each in self._waiting], np.int32)
        names = np.array(self._legend.names, object)
        polygons = np.array([each.polygon for each in self._waiting], object)
        columns = {
            "class": values,
            "name": names[values],
            "area": np.array([each.area for each in self._waiting], np.float64),
        }
        self._sink.write(shapely.to_wkb(self._placed(polygons)), columns)
        self._waiting = []

    def _placed(self, polygons: np.ndarray) -> np.ndarray:
        a, b, c, d, e, f = self._info.transform[:6]
        matrix, origin = np.array([[a, b], [d, e]]), np.array([c, f])
        return shapely.transform(polygons, lambda places: places @ matrix.T + origin)


@contextmanager
def writer(path: Path, info: Info, legend: Legend) -> Iterator[Writer]:
    """Open a file for features; it appears when it is whole.

    Args:
        path: `.gpkg` or `.parquet`.
        info: The map.
        legend: The names of the classes.
    """
    partial = path.with_name(f"partial_{path.name}")
    partial.unlink(missing_ok=True)
    sink = {".gpkg": _GeoPackage, ".parquet": _GeoParquet}[path.suffix](partial, info)
    try:
        file = Writer(sink, info, legend)
        yield file
        file.flush()
        sink.close()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class _GeoPackage:
    """A layer `map` in a GeoPackage."""

    def __init__(self, path: Path, info: Info):
        self._path, self._crs = path, info.crs and info.crs.to_wkt()

    def write(self, wkb: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        import pyogrio.raw

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*crs.* was not provided")
            pyogrio.raw.write(
                self._path,
                wkb,
                list(columns.values()),
                np.array(list(columns), object),
                layer="map",
                driver="GPKG",
                geometry_type="Polygon",
                crs=self._crs,
                append=self._path.exists(),
            )

    def close(self) -> None:
        """Nothing is open between two writes."""


class _GeoParquet:
    """GeoParquet 1.1: WKB, with the reference system as PROJJSON."""

    def __init__(self, path: Path, info: Info):
        import pyarrow as pa
        from pyarrow import parquet

        geometry = {
            "encoding": "WKB",
            "geometry_types": ["Polygon"],
            "crs": info.crs.to_dict(projjson=True) if info.crs else None,
        }
        columns = {"geometry": geometry}
        about = {"version": "1.1.0", "primary_column": "geometry", "columns": columns}
        fields = [
            ("class", pa.int32()),
            ("name", pa.string()),
            ("area", pa.float64()),
            ("geometry", pa.binary()),
        ]
        self._schema = pa.schema(fields, {"geo": json.dumps(about)})
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, wkb: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        import pyarrow as pa

        arrays = [pa.array(each) for each in (*columns.values(), wkb)]
        kinds = zip(arrays, self._schema.types, strict=True)
        cast = [array.cast(kind) for array, kind in kinds]
        self._file.write_table(pa.Table.from_arrays(cast, schema=self._schema))

    def close(self) -> None:
        self._file.close()
