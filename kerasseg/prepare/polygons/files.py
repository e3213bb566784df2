"""Geometries and attributes of the files that polygons come in."""

import json
import math
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

_PARQUET = (".parquet", ".geoparquet")


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _PARQUET


def chosen(path: Path, layer: str | None) -> str | None:
    """Return the layer that is named, or the only one with shapes; GeoParquet has none.

    Raises:
        ValueError: If there is no such layer, or none is named and several have shapes.
    """
    if is_parquet(path):
        return None
    import pyogrio

    try:
        with _quietly():
            listed = pyogrio.list_layers(path).tolist()
    except pyogrio.errors.DataSourceError:
        raise _unreadable(path) from None
    names = [name for name, _ in listed]
    if layer is not None and layer not in names:
        raise ValueError(f"{path}: no layer {layer!r}. There are {', '.join(names)}.")
    # Tables without shapes, such as the styles that QGIS keeps, are no candidates.
    drawn = [name for name, kind in listed if kind] or names
    if layer is None and len(drawn) > 1:
        raise ValueError(
            f"{path}: {len(drawn)} layers, {', '.join(drawn)}. Name one with --layer."
        )
    return layer or next(iter(drawn), None)


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave warnings unsaid: what matters is told by an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _unreadable(path: Path) -> ValueError:
    return ValueError(f"{path}: not a file of polygons, or damaged. Export it again.")


def about(path: Path, layer: str | None) -> dict[str, Any]:
    """Describe a layer: `crs` as WKT or None, number of `features`, `fields`.

    Raises:
        ValueError: If it holds no polygons, or cannot be read.
    """
    if is_parquet(path):
        return _about_parquet(path)
    import pyogrio

    try:
        with _quietly():
            found = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise _unreadable(path) from None
    kind = found["geometry_type"] or "no"
    if "Polygon" not in kind and kind not in ("Unknown", "GeometryCollection"):
        raise ValueError(f"{path}: {kind} features. Give polygons.")
    return {
        "crs": _wkt(found["crs"]),
        "features": found["features"],
        "fields": list(found["fields"]),
    }


def extent(path: Path, layer: str | None) -> tuple[float, ...]:
    """Return west, south, east and north of all features, NaN if none has a shape."""
    import shapely

    if is_parquet(path):
        return tuple(shapely.total_bounds(shapes(path, None, None)[0]).tolist())
    import pyogrio

    found = pyogrio.read_info(path, layer=layer, force_total_bounds=True)
    return tuple(found["total_bounds"] or (math.nan,) * 4)


def shapes(
    path: Path,
    layer: str | None,
    attribute: str | None,
    bounds: tuple[float, ...] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Read geometries and the texts of one attribute, in the order of the file.

    Args:
        path: The file.
        layer: The layer, where it has several.
        attribute: The field, or None: the texts are empty.
        bounds: West, south, east, north in the layer's system: features elsewhere
            are left out. GeoParquet is read whole.
    """
    import shapely

    if is_parquet(path):
        import pyarrow.parquet

        column = _geo(path)["primary_column"]
        columns = [column, attribute] if attribute else [column]
        table = pyarrow.parquet.read_table(path, columns=columns)
        found = shapely.from_wkb(table[column].to_numpy(zero_copy_only=False))
        held = table[attribute].to_pylist() if attribute else [""] * len(found)
        return found, _texts(held)
    import pyogrio

    _, numbers, geometry, fields = pyogrio.raw.read(
        path,
        layer=layer,
        columns=[attribute] if attribute else [],
        bbox=bounds,
        return_fids=True,
    )
    order = np.argsort(numbers)  # A spatial index gives them in an order of its own.
    held = fields[0].tolist() if attribute else [""] * len(order)
    return shapely.from_wkb(geometry[order]), _texts(held)[order]


def values(path: Path, layer: str | None, attribute: str) -> np.ndarray:
    """Read one attribute of all features, as texts."""
    if is_parquet(path):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path, columns=[attribute])
        return _texts(table[attribute].to_pylist())
    import pyogrio

    found = pyogrio.raw.read(
        path, layer=layer, columns=[attribute], read_geometry=False
    )
    return _texts(found[3][0].tolist())


def _about_parquet(path: Path) -> dict[str, Any]:
    import pyarrow.parquet

    geo, held = _geo(path), pyarrow.parquet.ParquetFile(path)
    column = geo["columns"][geo["primary_column"]]
    if column.get("encoding") != "WKB":
        raise ValueError(f"{path}: geometries that are not WKB. Write them as WKB.")
    # The format's default, where nothing is said: longitude and latitude.
    crs = column.get("crs", "OGC:CRS84")
    return {
        "crs": _wkt(json.dumps(crs) if isinstance(crs, dict) else crs),
        "features": held.metadata.num_rows,
        "fields": [n for n in held.schema_arrow.names if n != geo["primary_column"]],
    }


def _geo(path: Path) -> dict[str, Any]:
    import pyarrow.parquet

    try:
        noted = pyarrow.parquet.read_schema(path).metadata or {}
        return json.loads(noted[b"geo"])
    except (KeyError, ValueError):
        raise ValueError(
            f"{path}: not GeoParquet: it does not tell where its geometries are. "
            "Write it anew with a tool that does."
        ) from None


def _wkt(crs: str | None) -> str | None:
    return rasterio.crs.CRS.from_user_input(crs).to_wkt() if crs else None


def _texts(held: Iterable[Any]) -> np.ndarray:
    return np.array([_text(value) for value in held])


def _text(value: Any) -> str:
    """Write 7.0 as 7: whole numbers come as floats wherever one beside them is null."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)
