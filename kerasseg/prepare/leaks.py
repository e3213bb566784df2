"""A guard: no two patches of different splits show the same ground.

Blocks and scenes keep neighbours together, but scenes may overlap, and patches dealt
out at random may too. What a model has learnt from, it must not be scored on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.warp import transform_bounds

from kerasseg import raster

_NEAR = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
_TOUCH = 1e-3
"""Share of a patch's side that may be shared: borders are not exact to the last bit."""


@dataclass(frozen=True)
class Boxes:
    """Where patches lie.

    Args:
        bounds: West, south, east and north of each, `(P, 4)`, in one system.
        group: Only patches of one group can lie on the same ground, int `(P,)`.
    """

    bounds: np.ndarray
    group: np.ndarray


def boxes(
    infos: Sequence[raster.Info],
    scene: Sequence[int],
    corners: Sequence[tuple[int, int]],
    size: int,
) -> Boxes:
    """Find where patches lie on the ground.

    Scenes are compared with each other where they have a reference system and run
    along its axes; the patches of other scenes with those of the same scene.

    Args:
        infos: The images.
        scene: The image of each patch, its position in `infos`.
        corners: Upper row and left column of each patch.
        size: Pixels along a side.
    """
    bounds, group = np.zeros((len(scene), 4)), np.array(scene, int)
    corners, first = np.array(corners, float).reshape(-1, 2), None
    for number, info in enumerate(infos):
        chosen = np.flatnonzero(group == number)
        (top, left), side = corners[chosen].T, size
        placed = info.crs is not None and not (info.transform.b or info.transform.d)
        if placed:
            west, north = info.transform @ (left, top)
            east, south = info.transform @ (left + side, top + side)
            first = first or info.crs
        else:
            west, north, east, south = left, -top, left + side, -top - side
        found = np.stack([west, south, east, north], axis=1)
        found = np.concatenate(
            [
                np.minimum(found[:, :2], found[:, 2:]),
                np.maximum(found[:, :2], found[:, 2:]),
            ],
            axis=1,
        )
        if placed and info.crs != first:
            found = np.array(
                [transform_bounds(info.crs, first, *box) for box in found]
            ).reshape(-1, 4)
        bounds[chosen], group[chosen] = found, -1 if placed else number
    return Boxes(bounds, group)


def near(
    where: Boxes, splits: Sequence[str], distance: float = 0.0
) -> Iterator[tuple[int, int]]:
    """List pairs of patches of different splits that overlap or are near.

    Args:
        where: Where patches lie.
        splits: The split of each.
        distance: In units of the reference system; patches nearer than this are near.
    """
    sides = where.bounds[:, 2:] - where.bounds[:, :2]
    if not len(sides):
        return
    reach = distance - _TOUCH * sides.min()
    cell = sides.max(axis=0) + max(distance, 0.0)
    places = np.floor(where.bounds[:, :2] / cell).astype(int)
    cells = defaultdict(list)
    for index, (group, place) in enumerate(
        zip(where.group.tolist(), places.tolist(), strict=True)
    ):
        cells[group, *place].append(index)
    splits = np.array(splits)
    for (group, row, column), held in cells.items():
        around = [
            other
            for down, right in _NEAR
            for other in cells.get((group, row + down, column + right), ())
        ]
        around = np.array(around)
        for index in held:
            others = around[(around > index) & (splits[around] != splits[index])]
            low = where.bounds[others, :2] - where.bounds[index, 2:]
            high = where.bounds[index, :2] - where.bounds[others, 2:]
            gap = np.maximum(low, high).max(axis=1, initial=-np.inf)
            for other in others[gap < reach].tolist():
                yield index, other


def refuse(where: Boxes, splits: Sequence[str], names: Sequence[str]) -> None:
    """See to it that no patches of different splits overlap.

    Raises:
        ValueError: If two do; it names them.
    """
    for one, other in near(where, splits):
        raise ValueError(
            f"patches {names[one]} ({splits[one]}) and {names[other]} "
            f"({splits[other]}) show the same ground, so scores would be of what was "
            "learnt. Split by blocks (--split block), name scenes that overlap in one "
            "split, or give a --buffer (0 or more): patches too near another split are "
            "left out."
        )


def too_near(where: Boxes, splits: Sequence[str], buffer: float) -> np.ndarray:
    """Choose which patches to leave out so that splits keep a distance, bool `(P,)`.

    Of a pair, it is the one for training, else the one for validation.
    """
    rank = {"train": 0, "val": 1, "test": 2}
    out = np.zeros(len(splits), bool)
    pairs = sorted(
        (sorted(pair, key=lambda index: rank[splits[index]]))
        for pair in near(where, splits, buffer)
    )
    for first, second in pairs:
        out[first] |= not out[second]
    return out
