"""What of a window is cloud or snow, by the masks that come with images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.prepare.align import grids
from kerasseg.raster import Window, ground


@dataclass(frozen=True)
class Codes:
    """What the values of a mask mean; by default those of Sentinel-2's SCL.

    Args:
        cloud: Cloud shadow, clouds of medium and high probability, cirrus.
        snow: Snow or ice.
    """

    cloud: tuple[int, ...] = (3, 8, 9, 10)
    snow: tuple[int, ...] = (11,)


SCL = Codes()


class Masks:
    """The open masks of a scene, one of each date; they may be coarser or finer.

    Args:
        paths: The files.
        image: The image they belong to.
        codes: What their values mean.

    Raises:
        RasterError: If a mask is turned, in another system than the image, or of
            other ground.
    """

    def __init__(self, paths: Sequence[Path], image: raster.Info, codes: Codes):
        self._image, self._codes, self._stacks = image, codes, []
        for path in paths:
            stack = raster.open_stack(path)
            self._stacks.append(stack)
            try:
                _check(path, stack.info, image)
            except raster.RasterError:
                self.close()
                raise

    def close(self) -> None:
        for stack in self._stacks:
            stack.close()

    def shares(self, window: Window) -> tuple[float | None, float | None]:
        """Return the shares of cloud and of snow of a window, over all dates."""
        if not self._stacks:
            return None, None
        values = [self._values(stack, window) for stack in self._stacks]
        return tuple(
            float(np.mean([np.isin(each, codes) for each in values]))
            for codes in (self._codes.cloud, self._codes.snow)
        )

    def _values(self, stack: raster.Stack, window: Window) -> np.ndarray:
        place = grids.Place(*_axes(self._image, stack.info), window)
        if place.source is None:
            return np.zeros((window.height, window.width), np.uint8)
        held = place.turned(raster.read_label(stack, place.source))
        return place.nearest(held, 0)


def _check(path: Path, mask: raster.Info, image: raster.Info) -> None:
    if _axes(image, mask) is None:
        raise raster.RasterError(
            f"{path}: in another reference system than {image.path}, or turned. Bring "
            "it there with `kerasseg prepare align`."
        )
    placed = image.is_georeferenced and mask.is_georeferenced
    if placed and not ground.bounds(mask).meets(ground.bounds(image)):
        raise raster.RasterError(
            f"{path}: no mask of {image.path}, with which it shares no ground. Give a "
            "pattern that finds one of each image."
        )


def _axes(image: raster.Info, mask: raster.Info):
    if not (image.is_georeferenced and mask.is_georeferenced):
        return (
            grids.Axis.of(image.height / mask.height, 0.0, mask.height),
            grids.Axis.of(image.width / mask.width, 0.0, mask.width),
        )
    return grids.along(image, mask)
