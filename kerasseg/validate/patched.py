"""Labels of one split of a folder of patches, read as a raster on the grid of a map.

A map of the scene that a model was fitted on covers ground the model knows. What the
split held back covers, it does not: this is the ground that a claim can rest on.
"""

from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.datasets import patches
from kerasseg.legend import IGNORE
from kerasseg.raster import Info, Window, plain

_NEAR = 0.01
"""Pixels that corners may be off and still be on the grid."""


class Patched:
    """Where the patches of a split lie on a map, and their labels.

    Args:
        root: The folder, as `kerasseg prepare patches` writes it.
        split: Which split.
        like: The map; patches beyond its borders are left out.

    Raises:
        FileNotFoundError: If there are no patches.
        ValueError: If the split is empty, or no patch is on the grid of the map.
    """

    def __init__(self, root: Path, split: str, like: Info):
        chosen = patches.load(split, root)
        self._size = chosen.size
        self._files = [root / "labels" / f"{name}.tif" for name in chosen.ids]
        corners = np.array([_corner(path, like) for path in self._files])
        self._rows, self._columns = corners.T
        inside = self._overlapping(Window(0, 0, like.height, like.width))
        if not len(inside):
            raise ValueError(
                f"{root}: none of the {len(chosen)} patches of {split} lies on "
                f"{like.path}. Give patches of the scene that was mapped."
            )

    def read(self, window: Window) -> np.ndarray:
        """Read class indices, uint8 `(H, W)`; `IGNORE` where no patch is."""
        classes = np.full((window.height, window.width), IGNORE, np.uint8)
        for index in self._overlapping(window):
            label = plain.read(self._files[index])[..., 0]
            row = int(self._rows[index]) - window.row
            column = int(self._columns[index]) - window.column
            part = label[max(0, -row) :, max(0, -column) :]
            place = classes[max(0, row) :, max(0, column) :]
            height, width = np.minimum(part.shape, place.shape)
            part, place = part[:height, :width], place[:height, :width]
            np.copyto(place, part, where=part != IGNORE)
        return classes

    def _overlapping(self, window: Window) -> np.ndarray:
        """List the patches that share a pixel with a window."""
        inside = [
            (first < start + length) & (first + self._size > start)
            for first, start, length in (
                (self._rows, window.row, window.height),
                (self._columns, window.column, window.width),
            )
        ]
        return np.flatnonzero(np.logical_and(*inside))


def _corner(path: Path, like: Info) -> tuple[int, int]:
    """Return row and column of the map at which a patch begins."""
    about = raster.info(path)
    if not (about.is_georeferenced and like.is_georeferenced):
        missing = path if like.is_georeferenced else like.path
        raise ValueError(
            f"{missing}: without georeferencing nobody knows where patches lie on the "
            "map. Give the label raster instead of the folder."
        )
    column, row = ~like.transform @ (about.transform.c, about.transform.f)
    there = like.transform @ like.transform.translation(round(column), round(row))
    pixel = abs(like.transform.a) + abs(like.transform.b)
    is_near = there.almost_equals(about.transform, precision=pixel * _NEAR)
    if not is_near or (about.crs and like.crs and about.crs != like.crs):
        raise ValueError(
            f"{path}: not on the grid of {like.path}. Map the scene that the patches "
            "were cut from, or give a label raster, which may lie on any grid."
        )
    return round(row), round(column)
