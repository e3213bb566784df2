"""Where on the ground a raster lies, and where its reference system may be used."""

import math
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform, transform_bounds

from kerasseg.raster.describing import Info, RasterError

_AREA = re.compile(r"BBOX\[([^\]]*)\]")
_LONGITUDE_LATITUDE = CRS.from_epsg(4326)


class Box(NamedTuple):
    """A rectangle in coordinates of some reference system.

    In degrees, west is larger than east where it crosses the 180th meridian.
    """

    west: float
    south: float
    east: float
    north: float

    @property
    def middle(self) -> tuple[float, float]:
        across, up = (self.west + self.east) / 2, (self.south + self.north) / 2
        if self.west > self.east:
            across += 180 if across <= 0 else -180
        return across, up

    def meets(self, other: "Box") -> bool:
        """Tell whether both share some ground, more than an edge."""
        return (
            min(self.east, other.east) > max(self.west, other.west)
            and min(self.north, other.north) > max(self.south, other.south)
        )  # fmt: skip

    def difference(self, other: "Box") -> float:
        """Return the largest difference between two sides of the same name."""
        return max(abs(a - b) for a, b in zip(self, other, strict=True))

    def text(self) -> str:
        """Write the box for a message: west to east, south to north."""
        west, south, east, north = (f"{number:.10g}" for number in self)
        return f"{west} to {east}, {south} to {north}"


def bounds(info: Info) -> Box:
    """Return the rectangle around a raster, in its own coordinates."""
    corners = [
        info.transform @ (column, row)
        for column in (0, info.width)
        for row in (0, info.height)
    ]
    across, up = zip(*corners, strict=True)
    return Box(min(across), min(up), max(across), max(up))


def bounds_in(info: Info, crs: CRS | None = None) -> Box | None:
    """Return the rectangle around a raster in another reference system.

    Args:
        info: A raster with a reference system of its own.
        crs: The other one; by default longitude and latitude in degrees.

    Returns:
        None where the coordinates mean no place on Earth, as metres do that are tagged
        as degrees.
    """
    try:
        box = Box(
            *transform_bounds(info.crs, crs or _LONGITUDE_LATITUDE, *bounds(info))
        )
    except RasterioError:
        return None
    return box if all(map(math.isfinite, box)) else None


def meet(one: Info, other: Info) -> bool:
    """Tell whether two rasters share ground; each has a reference system.

    Asked both ways: the larger may reach beyond what the other's system can show.
    """
    pairs = (one, other), (other, one)
    return any(_reaches(bounds_in(here, there.crs), there) for here, there in pairs)


def _reaches(box: Box | None, other: Info) -> bool:
    """Tell whether a rectangle in the system of a raster meets it.

    Degrees of longitude are compared turn by turn: 179.9° W is 180.1° E, and where a
    rectangle crosses the 180th meridian its west is larger than its east.
    """
    if box is None:
        return False
    turns = _TURNS if other.crs.is_geographic else (0,)
    return any(_turned(box, turn).meets(bounds(other)) for turn in turns)


def is_a_turn_away(labels: Info, image: Info) -> bool:
    """Tell whether ground of an image has labels at degrees beyond -180 to 180.

    Labels may run from 0 to 360; what looks for them from -180 to 180 finds none.
    """
    box = bounds_in(image, labels.crs)
    if box is None or not labels.crs.is_geographic:
        return False
    sides = [box]
    if box.west > box.east:
        sides = [box._replace(east=180.0), box._replace(west=-180.0)]
    return any(
        _turned(side, turn).meets(bounds(labels))
        for side in sides
        for turn in _TURNS
        if turn
    )


_TURNS = (-360, 0, 360)


def _turned(box: Box, degrees: int) -> Box:
    east = box.east + 360 * (box.west > box.east)
    return box._replace(west=box.west + degrees, east=east + degrees)


def check_meet(labels: Info, image: Info) -> None:
    """See to it that labels share ground with an image.

    Raises:
        RasterError: If they do not.
    """
    if not meet(labels, image):
        raise RasterError(
            f"{labels.path} and {image.path} share no ground. Give labels of the same "
            f"place; `kerasseg check {image.path} --labels {labels.path}` tells more."
        )


def moved(
    across: np.ndarray, up: np.ndarray, source: CRS, destination: CRS
) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates of points in another reference system.

    Those that have no place in it become infinite.
    """
    moved_across, moved_up = transform(source, destination, across, up)
    return np.array(moved_across), np.array(moved_up)


def area(crs: CRS) -> Box | None:
    """Return where a reference system may be used, longitude and latitude in degrees.

    The area is that of the EPSG register. None where the system is not in it; where
    it crosses the 180th meridian, west is larger than east.
    """
    return _area(crs.to_wkt())


def name(crs: CRS | None) -> str:
    """Return what a reference system is called, `EPSG:32631` where it has a code."""
    return _name(crs.to_wkt()) if crs else "no CRS"


# To identify a system takes a third of a second. The cache goes by text, for systems
# are held equal that differ in their datum only.
@lru_cache(maxsize=256)
def _area(text: str) -> Box | None:
    code = CRS.from_wkt(text).to_epsg()
    if code is None:
        return None
    registered = CRS.from_epsg(code).to_wkt(version="WKT2_2019")
    found = _AREA.findall(registered)
    if not found:
        return None
    south, west, north, east = map(float, found[-1].split(","))
    return Box(west, south, east, north)


@lru_cache(maxsize=256)
def _name(text: str) -> str:
    return CRS.from_wkt(text).to_string()[:60]
