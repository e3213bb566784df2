"""Look at the header of every raster before anything is cut."""

from collections.abc import Iterable

from kerasseg import raster
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.pairs import Pair


def check(found: list[Pair], cut: Cut) -> raster.Info:
    """Compare scenes and their labels, and return the first of the images.

    Raises:
        ValueError: If they do not fit; it tells the first three faults.
    """
    faults: list[str] = []
    first = None
    for pair in found:
        images, label = list(map(raster.info, pair.images)), raster.info(pair.label)
        first = first or images[0]
        for image in images:
            faults += _faults(pair, image, label, first, cut)
    if faults:
        more = f" And {len(faults) - 3} more like these." if len(faults) > 3 else ""
        raise ValueError(" ".join(faults[:3]) + more)
    return first


def _faults(
    pair: Pair,
    image: raster.Info,
    label: raster.Info,
    first: raster.Info,
    cut: Cut,
) -> Iterable[str]:
    here, there = (f"{i.height} x {i.width}" for i in (image, label))
    if here != there:
        yield (
            f"{pair.label} is {there} pixels, but {image.path} is {here}. "
            "Bring the label raster there with `kerasseg prepare align`."
        )
    elif not label.has_grid_of(image):
        yield (
            f"{pair.label} and {image.path} lie on different grids (transform or CRS). "
            "Bring the label raster there with `kerasseg prepare align`."
        )
    if (image.count, image.dtype) != (first.count, first.dtype):
        yield (
            f"{image.path} has {image.count} bands of {image.dtype}, but {first.path} "
            f"has {first.count} of {first.dtype}. All scenes must agree."
        )
    elif cut.bands and len(cut.bands) != image.count:
        yield (
            f"{image.path} has {image.count} bands, but {len(cut.bands)} names are "
            f"given: {', '.join(cut.bands)}. Give one --band for each."
        )
    if min(image.height, image.width) < cut.size and cut.edge != "pad":
        yield (
            f"{image.path} is {here} pixels, smaller than a patch of {cut.size}. Fill "
            "it (--edge pad), or give a smaller --size."
        )
