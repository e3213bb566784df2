"""K10: the place of each raster, and whether its CRS can be right.

A tag can be wrong and look right: labels of Utah that carry the zone of Mexico have the
same coordinates, and nothing fails. It shows when a place lies far outside the area
that the EPSG register gives its reference system.
"""

from collections.abc import Iterator

from kerasseg.doctor.findings import Finding
from kerasseg.doctor.look import Look
from kerasseg.doctor.world import Scenes
from kerasseg.raster import Info, ground

_LEEWAY = 3.0
"""Degrees: products of a UTM zone reach into its neighbours, up to half of one."""

_PLAIN = (".jpg", ".jpeg", ".png")
"""Kinds of files that need have no place."""


def find(scenes: Scenes) -> Iterator[Finding]:
    """Check the CRS and geotransform of each raster."""
    everything = (*scenes.images, *scenes.labels)
    for each in everything:
        yield from _alone(each, everything)


def _alone(each: Look, others: tuple[Look, ...]) -> Iterator[Finding]:
    about, file = each.info, str(each.path)
    turned = about.transform.b or about.transform.d
    if about.is_georeferenced and (turned or about.transform.e > 0):
        yield Finding(
            "K107",
            file,
            f"The raster is {'rotated' if turned else 'south-up'}: its geotransform is "
            f"{tuple(round(number, 6) for number in about.transform[:6])}.",
            "Nothing has to be done here; for programs that expect north-up rasters, "
            "write it anew with `rio warp`.",
        )
    if about.crs is None:
        yield from _missing(about, file, others)
    else:
        yield from _area(about, file, others)


def _missing(about: Info, file: str, others: tuple[Look, ...]) -> Iterator[Finding]:
    placed = [each.info for each in others if each.info.crs is not None]
    if about.transform.is_identity and (
        about.path.suffix.lower() in _PLAIN or not placed
    ):
        return
    where = "coordinates" if not about.transform.is_identity else "neighbours with one"
    yield Finding(
        "K101",
        file,
        f"The raster has {where}, but no coordinate reference system.",
        f"Write the one its maker names into it: `rio edit-info --crs EPSG:… {file}`"
        + (
            f"; {placed[0].path.name} has {ground.name(placed[0].crs)}."
            if placed
            else "."
        ),
    )


def _area(about: Info, file: str, others: tuple[Look, ...]) -> Iterator[Finding]:
    box, area = ground.bounds_in(about), ground.area(about.crs)
    if box is None or not (-90 <= box.middle[1] <= 90):
        yield Finding(
            "K103",
            file,
            f"The coordinates {ground.bounds(about).text()} mean no place on Earth "
            f"in {ground.name(about.crs)}.",
            "The tag or the geotransform is wrong: correct it with `rio edit-info`.",
        )
        return
    if area is None or _inside(box.middle, area):
        return
    twin = _twin(about, others)
    right = ground.name(twin.crs) if twin else "EPSG:…"
    fits = (
        f" Its coordinates fit {twin.path.name}, which is in {right}." if twin else ""
    )
    yield Finding(
        "K102",
        file,
        f"{ground.name(about.crs)} is made for longitudes {area.west:g} to "
        f"{area.east:g} and latitudes {area.south:g} to {area.north:g}, but the raster "
        f"lies at {box.middle[0]:.2f}, {box.middle[1]:.2f}. The tag is probably wrong."
        + fits,
        f"Write the right one into it: `rio edit-info --crs {right} {file}`.",
    )


def _inside(place: tuple[float, float], area: ground.Box) -> bool:
    west, south, east, north = area
    across, up = place
    if west > east:  # across the 180th meridian
        along = across >= west - _LEEWAY or across <= east + _LEEWAY
    else:
        along = west - _LEEWAY <= across <= east + _LEEWAY
    return along and south - _LEEWAY <= up <= north + _LEEWAY


def _twin(about: Info, others: tuple[Look, ...]) -> Info | None:
    """Find the raster of nearly the same coordinates whose own tag fits its place."""
    own, fitting = ground.bounds(about), []
    for other in (each.info for each in others if each.info.crs is not None):
        # By name: GDAL holds systems equal that differ in their datum only.
        if ground.name(other.crs) == ground.name(about.crs) or not own.meets(
            ground.bounds(other)
        ):
            continue
        box, area = ground.bounds_in(other), ground.area(other.crs)
        if box and area and _inside(box.middle, area):
            fitting.append((own.difference(ground.bounds(other)), other))
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None
