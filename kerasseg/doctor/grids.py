"""K10: whether images lie where their labels do, and where each other do.

Two rasters of other systems can agree in their numbers but not on the ground: then one
of the tags is wrong.
"""

import math
from collections import Counter
from collections.abc import Iterator

from kerasseg.doctor.findings import Finding
from kerasseg.doctor.look import Look
from kerasseg.doctor.world import Scenes
from kerasseg.raster import Info, ground


def find(scenes: Scenes) -> Iterator[Finding]:
    """Check images against each other, and labels on images."""
    if not scenes.is_series:
        yield from _resolutions(scenes.images)
    elif not scenes.pairs:  # Otherwise told of each date and the labels
        yield from _elsewhere(scenes.images)
    told = set()
    for image, label in scenes.pairs:
        for each in _together(image.info, label.info, scenes.is_series):
            if (each.id, each.file) not in told:  # One label, many images
                told.add((each.id, each.file))
                yield each


def _resolutions(images: tuple[Look, ...]) -> Iterator[Finding]:
    metric = [
        each.info
        for each in images
        if each.info.crs is not None and each.info.crs.is_projected
    ]
    for about in metric[1:]:
        first = metric[0]
        if abs(_pixel(about) / _pixel(first) - 1) > 0.01:
            yield Finding(
                "K108",
                str(about.path),
                f"A pixel is {_pixel(about):g} wide, but {_pixel(first):g} in "
                f"{first.path}.",
                "Bring all scenes to one pixel size, or keep them apart.",
            )


def _elsewhere(images: tuple[Look, ...]) -> Iterator[Finding]:
    """Compare each date with the finest of those that lie where most do."""
    corners = Counter(corner(each) for each in images)
    usual = corners.most_common(1)[0][0]
    there = [each.info for each in images if corner(each) == usual]
    finest = min(there, key=_pixel)
    for about in (each.info for each in images):
        if not about.has_grid_of(finest) and not _is_multiple(about, finest):
            yield Finding(
                "K109",
                str(about.path),
                f"The image has {_grid(about)} in {_name(about)}, most dates start at "
                f"({finest.transform.c:.10g}, {finest.transform.f:.10g}) in "
                f"{_name(finest)}.",
                "Cut all dates to one place, with `rio warp --like`.",
            )


def corner(each: Look) -> tuple[str, float, float]:
    """Return where a raster begins, as what two dates of one place have in common."""
    place = each.info.transform
    return _name(each.info), round(place.c, 3), round(place.f, 3)


def _together(image: Info, label: Info, is_series: bool) -> Iterator[Finding]:
    if label.has_grid_of(image) or (is_series and _is_multiple(image, label)):
        return
    file = str(label.path)
    both = image.crs is not None and label.crs is not None
    box = ground.bounds_in(label, image.crs) if both else ground.bounds(label)
    here = ground.bounds(image)
    if box is None:  # told as K103
        return
    meet = ground.meet(label, image) if both else box.meets(here)
    if image.is_georeferenced and label.is_georeferenced and not meet:
        yield _apart(image, label, both)
    elif both and image.crs != label.crs:
        yield Finding(
            "K104",
            file,
            f"The label is in {_name(label)}, {image.path} in {_name(image)}."
            + _shift(image, label, box),
            _ALIGN,
        )
    else:
        yield Finding(
            "K105",
            file,
            f"The label has {_grid(label)}, {image.path} has {_grid(image)}.",
            _ALIGN if image.is_georeferenced else _RESIZE,
        )


_ALIGN = "Bring the label onto the grid of the image with `kerasseg prepare align`."
_RESIZE = "Crop or resize one of the two by hand: they tell no place to align by."


def _apart(image: Info, label: Info, both: bool) -> Finding:
    numbers_meet = ground.bounds(label).meets(ground.bounds(image))
    if both and numbers_meet:
        return Finding(
            "K106",
            str(label.path),
            f"In {_name(label)} the label lies elsewhere than {image.path} in "
            f"{_name(image)}, but their coordinates coincide: one of the two tags is "
            "wrong.",
            "Write the right CRS into it with `rio edit-info --crs`.",
        )
    return Finding(
        "K106",
        str(label.path),
        f"The label covers {ground.bounds(label).text()} in {_name(label)}, "
        f"{image.path} covers {ground.bounds(image).text()} in {_name(image)}: they "
        "share no ground.",
        "Pair the image with the label of its own place.",
    )


def _shift(image: Info, label: Info, box: ground.Box) -> str:
    """Say so where two rasters agree in their numbers but not on the ground."""
    here, own = ground.bounds(image), ground.bounds(label)
    as_numbers, on_ground = own.difference(here), box.difference(here)
    if as_numbers < 2 * _pixel(image) < on_ground:
        return (
            f" Their coordinates agree to {as_numbers:.3g} as numbers, but on the "
            f"ground they are {on_ground:.3g} apart: one of the two tags may be wrong."
        )
    return ""


def _is_multiple(image: Info, label: Info) -> bool:
    """Tell whether an image is a whole number of times coarser than its label."""
    factor = round(_pixel(image) / _pixel(label))
    corner = abs(image.transform.c - label.transform.c) + abs(
        image.transform.f - label.transform.f
    )
    return (
        factor >= 1
        and image.crs == label.crs
        and image.height == -(-label.height // factor)
        and image.width == -(-label.width // factor)
        and corner < 1e-3 * _pixel(label)
    )


def _pixel(about: Info) -> float:
    return math.hypot(about.transform.a, about.transform.d)


def _name(about: Info) -> str:
    return ground.name(about.crs)


def _grid(about: Info) -> str:
    place = about.transform
    return (
        f"{about.height} x {about.width} pixels of {_pixel(about):g} from "
        f"({place.c:.10g}, {place.f:.10g})"
    )
