"""Lay labels in degrees so that their edge is far from the image.

Longitudes repeat every 360 degrees: Fiji lies at both ends of a raster of the world,
and 179.9° W is 180.1° E. Here labels are moved by whole turns, and those of the whole
world are cut open on the other side, so that whatever belongs together lies together.
"""

from dataclasses import replace

import numpy as np

from kerasseg import raster
from kerasseg.prepare.align import warps

TURN = 360.0


def laid(label: raster.Info, image: raster.Info) -> tuple[raster.Info, int]:
    """Lay a label raster around an image.

    Args:
        label: The label raster, as stored.
        image: The image.

    Returns:
        The label raster as it is to be seen, and the column that is its first then:
        the columns before it follow after the last. 0 where all stays in its order.

    Raises:
        RasterError: If its reference system cannot show where the image lies.
    """
    if not label.crs.is_geographic:
        return label, 0
    low, centre, high = _longitudes(image, label)
    turned = _turned(label, centre)
    edges = sorted((turned.transform @ (column, 0))[0] for column in (0, label.width))
    if not _is_world(label) or (edges[0] <= low and high <= edges[1]):
        return turned, 0
    first = label.width // 2
    opened = replace(
        label, transform=label.transform @ label.transform.translation(first, 0)
    )
    return _turned(opened, centre), first


def _longitudes(image: raster.Info, label: raster.Info) -> tuple[float, float, float]:
    """Return the least longitude of an image, that of its middle, and the greatest."""
    rows = np.linspace(0, image.height, 17)
    columns = np.linspace(0, image.width, 17)
    x, _ = warps.coordinates(image, label, *np.meshgrid(rows, columns))
    centre = x[8, 8]
    x = centre + (x - centre + TURN / 2) % TURN - TURN / 2
    return float(x.min()), float(centre), float(x.max())


def _turned(label: raster.Info, longitude: float) -> raster.Info:
    """Move labels by whole turns, their middle next to a longitude."""
    middle, _ = label.transform @ (label.width / 2, label.height / 2)
    turns = round((longitude - middle) / TURN)
    moved = label.transform.translation(turns * TURN, 0) @ label.transform
    return replace(label, transform=moved) if turns else label


def _is_world(label: raster.Info) -> bool:
    """Tell whether the last column borders on the first, to half a pixel."""
    step, slope = label.transform.a, label.transform.d
    return not slope and abs(abs(step) * label.width - TURN) <= abs(step) / 2
