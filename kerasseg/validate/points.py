"""Reference points: a table or GeoJSON of places and classes, and the map there."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend
from kerasseg.raster import Window, ground
from kerasseg.scores import confusion_matrix
from kerasseg.validate.counting import open_map

SUFFIXES = (".csv", ".geojson", ".json")
"""Files that are taken for points, not for a raster."""

_STRIP = 512


@dataclass(frozen=True)
class Points:
    """Places whose class is known.

    Args:
        path: The file.
        across: x, or longitude, float64 `(N,)`.
        up: y, or latitude.
        labels: Class indices, `legend.IGNORE` where a point has no class.
        crs: The reference system; None for that of the map.
    """

    path: Path
    across: np.ndarray
    up: np.ndarray
    labels: np.ndarray
    crs: ground.CRS | None


def read(path: Path, legend: Legend) -> Points:
    """Read points.

    Args:
        path: CSV with columns `x`, `y` and `class`, in the reference system of the map;
            or GeoJSON of points with a property `class`, in longitude and latitude
            unless its member `crs` names another system.
        legend: Classes are told by their names or their codes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds no points, or a class is not in the legend.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no points at {path}. Correct the path.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows, crs = _table(text) if path.suffix.lower() == ".csv" else _geojson(text)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(
            f"{path}: {_fault(error)}. Give CSV with columns x, y and class, or "
            "GeoJSON of points with a property `class`."
        ) from None
    known = _known(legend)
    labels = np.empty(len(rows), np.uint8)
    for place, (_, _, name) in enumerate(rows):
        if name not in known:
            raise ValueError(
                f"{path}: point {place + 1}: class {name!r} is not in the legend, "
                f"which has {', '.join(legend.names)}. Correct it, or the legend."
            )
        labels[place] = known[name]
    across, up = (np.array([row[axis] for row in rows], float) for axis in (0, 1))
    return Points(path, across, up, labels, crs)


def count(
    map_path: Path, points: Points, legend: Legend
) -> tuple[np.ndarray, np.ndarray, int]:
    """Look the map up at points, and count it.

    Returns:
        Points by truth and map `(C, C)`, pixels of the whole map by class `(C,)`, and
        the number of points left out: outside the map, or where it has no class.

    Raises:
        ValueError: If no point lies on the map.
    """
    stack, read_map = open_map(map_path, legend)
    classes = legend.num_classes
    matrix, mapped = np.zeros((classes, classes), np.int64), np.zeros(classes, np.int64)
    with stack:
        about = stack.info
        rows, columns = _places(points, about)
        for row in range(0, about.height, _STRIP):
            height = min(_STRIP, about.height - row)
            found = read_map(Window(row, 0, height, about.width))
            mapped += np.bincount(found.ravel(), minlength=256)[:classes]
            here = (rows >= row) & (rows < row + height)
            here &= (columns >= 0) & (columns < about.width)
            there = found[rows[here] - row, columns[here]]
            matrix += confusion_matrix(points.labels[here], there, classes)
    if not matrix.any():
        raise ValueError(
            f"{points.path}: none of {len(rows)} points lies on a class of {map_path}. "
            "Give x and y in the reference system of the map."
        )
    return matrix, mapped, int(np.sum(points.labels != IGNORE) - matrix.sum())


def _places(points: Points, about: raster.Info) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of points, -1 where coordinates mean no place."""
    across, up = points.across, points.up
    if points.crs is not None and about.crs is not None and points.crs != about.crs:
        across, up = ground.moved(across, up, points.crs, about.crs)
    columns, rows = ~about.transform @ (across, up)
    finite = np.isfinite(rows) & np.isfinite(columns)
    rows, columns = (np.where(finite, each, -1) for each in (rows, columns))
    return np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)


def _fault(error: Exception) -> str:
    """Say what keeps a text from being points, as far as it is known."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON from line {error.lineno} on"
    _, found, value = str(error).partition("could not convert string to float: ")
    return f"coordinate {value} is no number" if found else "no points"


def _table(text: str) -> tuple[list[tuple[float, float, str]], None]:
    lines = csv.DictReader(text.splitlines(), skipinitialspace=True)
    rows = [
        (float(each["x"]), float(each["y"]), each["class"].strip()) for each in lines
    ]
    if not rows:
        raise ValueError("no line")
    return rows, None


def _geojson(text: str) -> tuple[list[tuple[float, float, str]], ground.CRS]:
    content = json.loads(text)
    rows = []
    for feature in content["features"]:
        across, up, *_ = feature["geometry"]["coordinates"]
        label = str(feature["properties"]["class"]).strip()
        rows.append((float(across), float(up), label))
    if not rows:
        raise ValueError("no feature")
    return rows, _system(content)


def _system(content: Mapping[str, Any]) -> ground.CRS:
    named = (content.get("crs") or {}).get("properties", {}).get("name")
    return ground.CRS.from_user_input(named or "OGC:CRS84")


def _known(legend: Legend) -> dict[str, int]:
    """Map names and codes, as text, to class indices; names win."""
    table = {"": IGNORE}
    for entry in legend.ignored:
        table |= dict.fromkeys((*map(str, entry.codes), entry.name), IGNORE)
    entries = list(enumerate(legend.classes))
    table |= {str(code): index for index, entry in entries for code in entry.codes}
    return table | {entry.name: index for index, entry in entries}
