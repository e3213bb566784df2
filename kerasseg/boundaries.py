"""Where the classes of a label meet.

A pixel is at a boundary when its neighbourhood, itself included, holds more than one
class. So both sides of an edge are marked, two pixels wide, and the background is a
class like others. Pixels whose class is unknown make no boundary and are at none.

Source:
    Crop2Seg, https://github.com/Many98/Crop2Seg, which calls these the boundary and
    the interior of a parcel.
"""

from typing import Literal

import numpy as np

from kerasseg.legend import IGNORE

Region = Literal["all", "boundary", "interior"]


def boundary(label: np.ndarray, connectivity: int = 4) -> np.ndarray:
    """Find the pixels at a boundary between classes.

    Args:
        label: Class indices, uint8 `(H, W)`.
        connectivity: 4: neighbours share a side. 8: or a corner.

    Returns:
        bool `(H, W)`.
    """
    found = np.zeros(label.shape, bool)
    for down, right in _steps(connectivity):
        here, there = _overlap(label, down, right)
        edge = (here != there) & (here != IGNORE) & (there != IGNORE)
        for side in _overlap(found, down, right):
            side |= edge
    return found


def restrict(
    label: np.ndarray, region: Region = "all", connectivity: int = 4
) -> np.ndarray:
    """Keep the labels of a region; all others become `legend.IGNORE`.

    Args:
        label: Class indices, uint8 `(H, W)`.
        region: `"all"`, those at a `"boundary"` between classes, or the `"interior"`.
        connectivity: See `boundary`.
    """
    if region == "all":
        return label
    edge = boundary(label, connectivity)
    return np.where(edge == (region == "boundary"), label, IGNORE).astype(label.dtype)


def _steps(connectivity: int) -> tuple[tuple[int, int], ...]:
    """List the steps to half of the neighbours; the others step to this pixel."""
    return ((0, 1), (1, 0)) + (((1, 1), (1, -1)) if connectivity == 8 else ())


def _overlap(
    pixels: np.ndarray, down: int, right: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return views of all pixels with a neighbour that way, and of the neighbours."""
    height, width = pixels.shape
    left = max(-right, 0)
    here = pixels[: height - down, left : width - max(right, 0)]
    there = pixels[down:, left + right : left + right + here.shape[1]]
    return here, there
