"""Where the classes of a label meet.

A pixel is at a boundary when its neighbourhood, itself included, holds more than one
class. So both sides of an edge are marked, two pixels wide, and the background is a
class like others. Pixels whose class is unknown make no boundary and are at none, and
where an image ends no class does.

Source:
    Crop2Seg, https://github.com/Many98/Crop2Seg, which calls these the boundary and
    the interior of a parcel.
"""

from collections.abc import Iterable
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
    return _edges(label, _steps(connectivity))


def band(label: np.ndarray, distance: int = 2) -> np.ndarray:
    """Find the pixels near another class.

    Args:
        label: Class indices, uint8 `(H, W)`.
        distance: How far another class may be, in pixels along rows, columns and
            diagonals; 1 is a `boundary` of 8 neighbours.

    Returns:
        bool `(H, W)`.
    """
    steps = [
        (down, right)
        for down in range(distance + 1)
        for right in range(-distance, distance + 1)
        if down or right > 0
    ]
    return _edges(label, steps)


def overlap(
    label: np.ndarray, prediction: np.ndarray, num_classes: int, distance: int = 2
) -> np.ndarray:
    """Count what `iou` needs; counts of many images may be added up.

    Args:
        label: Class indices, uint8 `(H, W)`.
        prediction: Class indices, uint8 `(H, W)`.
        num_classes: Number of classes.
        distance: How near its edge a pixel counts, in pixels; see `band`.

    Returns:
        int64 `(num_classes, 2)`: pixels of each class near its edge in both, and in
        either.
    """
    known = label != IGNORE
    true, claimed = (
        np.where(known & band(pixels, distance), pixels, IGNORE)
        for pixels in (label, np.where(known, prediction, IGNORE).astype(label.dtype))
    )
    both = _count(true[true == claimed], num_classes)
    either = _count(true, num_classes) + _count(claimed, num_classes) - both
    return np.stack([both, either], axis=1)


def iou(counts: np.ndarray) -> np.ndarray:
    """Return the boundary IoU of each class, float64 `(num_classes,)`.

    Only those pixels of a class count, in truth and map, that are near its edge there:
    so wrong edges of large fields are not hidden by their interior. It is `NaN` for a
    class that has no edge in either.

    Args:
        counts: What `overlap` returned, or the sum of several.

    Source:
        Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation
        Evaluation", 2021, https://arxiv.org/abs/2103.16562, with its Chebyshev
        distance, here of a fixed number of pixels. There each object is scored alone
        and the border of the image is an edge; here the pixels of a class are pooled
        over all images, and an image is cut out of a scene that goes on.
    """
    both, either = np.asarray(counts, np.float64).T
    return np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)


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


def _edges(label: np.ndarray, steps: Iterable[tuple[int, int]]) -> np.ndarray:
    """Mark both ends of each step from one known class to another."""
    found = np.zeros(label.shape, bool)
    for down, right in steps:
        here, there = _ends(label, down, right)
        edge = (here != there) & (here != IGNORE) & (there != IGNORE)
        for side in _ends(found, down, right):
            side |= edge
    return found


def _steps(connectivity: int) -> tuple[tuple[int, int], ...]:
    """List the steps to half of the neighbours; the others step to this pixel."""
    return ((0, 1), (1, 0)) + (((1, 1), (1, -1)) if connectivity == 8 else ())


def _ends(pixels: np.ndarray, down: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Return views of all pixels with a neighbour that way, and of the neighbours."""
    height, width = pixels.shape
    left = max(-right, 0)
    here = pixels[: max(height - down, 0), left : max(width - max(right, 0), 0)]
    there = pixels[down:, left + right : left + right + here.shape[1]]
    return here, there


def _count(classes: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(classes.ravel(), minlength=IGNORE + 1)[:num_classes]
