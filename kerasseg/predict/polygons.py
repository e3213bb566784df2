"""Areas of one class as polygons, in memory that does not grow with the scene.

The map is traced tile by tile. Areas that reach over a side of a tile wait for the tile
beyond it, and are put together and written when no open side is left. One with very
many corners, such as the sea, is written in parts instead, which share sides of tiles;
so are the largest, when very many corners wait in all. Areas within a tile, nearly all
of a restless map, are handed on as they are traced and never become records of ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend
from kerasseg.predict.options import Outputs
from kerasseg.predict.vector import Feature, writer
from kerasseg.raster.outlines import numbered, outlines

TILE = 512
"""Pixels along a side of the tiles that are traced: to simplify one of pure
noise takes 0.8 GB; with 1024 it would take over 2."""

_MOST_CORNERS = 1_000_000
"""Of one area that waits."""

_MOST_WAITING = 8_000_000
"""Corners of all areas that wait: 200 MB."""

_CHUNK = 20_000
"""Outlines that are lists of tuples at a time, which take ten times the memory."""

_Found = tuple[int, shapely.Polygon, float]
"""Class, outline and pixels of an area, or of a part of one."""


@dataclass(eq=False, slots=True)
class _Area:
    """Parts of one area that were found so far.

    Args:
        value: Its class.
        size: Its pixels.
        parts: Outlines that are not written yet.
        corners: Of these.
        open_sides: Sides of tiles beyond which it may go on.
        cut: Whether parts of it were written already.
        joined: The area it turned out to be a part of.
    """

    value: int
    size: float = 0.0
    parts: list[shapely.Polygon] = field(default_factory=list)
    corners: int = 0
    open_sides: int = 0
    cut: bool = False
    joined: "_Area | None" = None

    def whole(self) -> "_Area":
        area = self
        while area.joined is not None:
            area = area.joined
        return area

    def join(self, other: "_Area") -> None:
        self.size += other.size
        self.parts += other.parts
        self.corners += other.corners
        self.open_sides += other.open_sides
        self.cut |= other.cut
        other.joined, other.parts = self, []


@dataclass
class _Side:
    """What lies along a side of a tile: classes, and the area of each pixel."""

    values: np.ndarray
    areas: dict[int, _Area]
    """The area of the pixels with each number, of those alone that reach a side."""
    numbers: np.ndarray


def write(source: Path, path: Path, legend: Legend, outputs: Outputs) -> None:
    """Write the areas of a map as polygons with the class, its name and their size.

    Args:
        source: The map.
        path: `.gpkg` or `.parquet`; it is there whole or not at all.
        legend: The names.
        outputs: How much outlines are simplified, and the smallest area kept.
    """
    with raster.open_stack(source) as stack:
        pixel = abs(stack.info.transform.determinant)
        with writer(path, stack.info, legend) as file:
            tracer = _Tracer(stack, outputs.simplify, outputs.min_area / pixel)
            for value, polygon, size in tracer.areas():
                file.add(Feature(value, polygon, size * pixel))


class _Tracer:
    """Traces a map tile by tile.

    Args:
        stack: The map.
        simplify: By how many pixels outlines may differ.
        smallest: Pixels of the smallest area to give.
    """

    def __init__(self, stack: raster.Stack, simplify: float, smallest: float):
        self._stack, self._simplify, self._smallest = stack, simplify, smallest
        self._waiting: dict[_Area, None] = {}

    def areas(self) -> Iterator[_Found]:
        """Give class, outline and pixels of each area."""
        height, width = self._stack.info.height, self._stack.info.width
        above: dict[int, _Side] = {}
        for row in range(0, height, TILE):
            left = None
            for column in range(0, width, TILE):
                tile = raster.Window(row, column, TILE, TILE).within(height, width)
                sides = [left, above.pop(column, None)]
                goes_on = column + TILE < width, row + TILE < height
                done, left, above[column] = self._trace(tile, sides, goes_on)
                yield from done

    def _trace(
        self,
        tile: raster.Window,
        before: list[_Side | None],
        goes_on: tuple[bool, bool],
    ) -> tuple[Iterable[_Found], _Side, _Side]:
        """Trace a tile, and join its areas to those of the tiles to the left and above.

        Returns:
            What is complete now, and the sides to the right and below.
        """
        label = self._stack.read(tile, bands=[0])[..., 0]
        parts, values = _polygons(outlines(label, tile))
        sizes = shapely.area(parts)
        touching = _touching(shapely.bounds(parts), tile)
        border = np.flatnonzero(touching.any(axis=1)).tolist()
        numbers = numbered(((parts[i], i + 1) for i in border), tile)
        parts = self._simplified(parts)
        open_sides = (touching[:, 2:] & goes_on).sum(axis=1)
        areas = {
            i + 1: _area(values[i], sizes[i], parts[i], open_sides[i]) for i in border
        }
        edges = (label[:, 0], numbers[:, 0]), (label[0], numbers[0])
        for side, (along, numbered_along) in zip(before, edges, strict=True):
            if side is not None:
                _join(side, along, numbered_along, areas)
        later = [
            _Side(label[:, -1].copy(), areas, numbers[:, -1].copy()),
            _Side(label[-1].copy(), areas, numbers[-1].copy()),
        ]
        earlier = [a for s in before if s for a in _along(s)]
        within = ~touching.any(axis=1) & (sizes >= self._smallest) & (values != IGNORE)
        done = zip(
            values[within].tolist(), parts[within], sizes[within].tolist(), strict=True
        )
        return chain(done, self._complete([*areas.values(), *earlier])), *later

    def _simplified(self, parts: np.ndarray) -> np.ndarray:
        """Simplify outlines, those that neighbours share alike.

        The sides of the tile stay as they are: they are those of the next one too.
        """
        if not self._simplify:
            return parts
        return shapely.coverage_simplify(parts, self._simplify, simplify_boundary=False)

    def _complete(self, areas: list[_Area]) -> Iterator[_Found]:
        """Give those that no tile to come can add to, and parts of the very large."""
        for area in dict.fromkeys(each.whole() for each in areas):
            self._waiting[area] = None
            if not area.open_sides or self._many(area, _MOST_CORNERS):
                yield from self._written(area)
        waiting = [a for a in self._waiting if a.open_sides and not a.joined]
        self._waiting = dict.fromkeys(waiting)
        corners = sum(area.corners for area in waiting)
        if corners > _MOST_WAITING:
            for area in sorted(waiting, key=lambda a: a.corners, reverse=True):
                if corners > _MOST_WAITING / 2 and self._many(area, 0):
                    corners -= area.corners
                    yield from self._written(area)

    def _many(self, area: _Area, most: int) -> bool:
        """Tell whether it has too many corners, and its size is known to be enough."""
        return area.corners > most and area.size >= self._smallest

    def _written(self, area: _Area) -> Iterator[_Found]:
        """Give an area as it is, in parts if it goes on or is very large."""
        parts = area.parts if area.size >= self._smallest else []
        area.cut |= bool(area.open_sides) or area.corners > _MOST_CORNERS
        if len(parts) > 1 and area.corners <= _MOST_CORNERS:
            parts = shapely.get_parts(shapely.union_all(parts))
        for part in parts:
            whole = len(parts) == 1 and not area.cut
            yield area.value, part, area.size if whole else part.area
        area.parts, area.corners = [], 0


def _area(value: int, size: float, part: shapely.Polygon, open_sides: int) -> _Area:
    """Begin an area; of what holds no data the outline is not needed."""
    if value == IGNORE:
        return _Area(value, size, open_sides=open_sides)
    corners = shapely.get_num_coordinates(part)
    return _Area(value, size, [part], int(corners), open_sides)


def _polygons(
    shapes: Iterable[tuple[dict[str, Any], int]],
) -> tuple[np.ndarray, np.ndarray]:
    """Make polygons of outlines, thousands at once: one by one takes thrice the time.

    Returns:
        Polygons `(N,)`, the first ring of each its outline, others holes; and values.
    """
    shapes, polygons, values = iter(shapes), [], []
    while chunk := list(islice(shapes, _CHUNK)):
        traced = [shape["coordinates"] for shape, _ in chunk]
        rings = [ring for polygon in traced for ring in polygon]
        corners = np.array([corner for ring in rings for corner in ring])
        of_ring = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
        of_polygon = np.repeat(np.arange(len(traced)), [len(each) for each in traced])
        lines = shapely.linearrings(corners, indices=of_ring)
        polygons.append(shapely.polygons(lines, indices=of_polygon))
        values += [value for _, value in chunk]
    return np.concatenate(polygons), np.array(values)


def _touching(bounds: np.ndarray, tile: raster.Window) -> np.ndarray:
    """Tell which sides outlines touch: left, upper, right, lower, bool `(N, 4)`."""
    right, lower = tile.column + tile.width, tile.row + tile.height
    return bounds == (tile.column, tile.row, right, lower)


def _along(side: _Side) -> list[_Area]:
    return [side.areas[number] for number in np.unique(side.numbers).tolist()]


def _join(
    side: _Side, values: np.ndarray, numbers: np.ndarray, areas: dict[int, _Area]
) -> None:
    """Join areas of one class that meet, and close the side between them."""
    same = side.values == values
    pairs = np.stack([side.numbers[same], numbers[same]], axis=1)
    for earlier, later in np.unique(pairs, axis=0).tolist():
        one, other = side.areas[earlier].whole(), areas[later].whole()
        if one is not other:
            one.join(other)
    for area in _along(side):
        area.whole().open_sides -= 1
