"""See to it that a written file is there in full."""

from pathlib import Path

from kerasseg.raster.stack import open_stack
from kerasseg.raster.window import Window

_HEIGHT, _WIDTH = 512, 4096
"""Pixels that are looked at together: whole tiles of all that is written here."""


def check(path: Path) -> None:
    """Read each tile: GDAL does not always report a full disk when it closes.

    Raises:
        RasterError: If one is damaged or cut short.
    """
    with open_stack(path) as stack:
        height, width = stack.info.height, stack.info.width
        for row in range(0, height, _HEIGHT):
            for column in range(0, width, _WIDTH):
                part = Window(row, column, _HEIGHT, _WIDTH).within(height, width)
                stack.read(part)


def failure(path: Path | str) -> OSError:
    """Return the error of a file that could not be written to its end."""
    return OSError(
        f"{path}: could not be written in full. Is the disk full? Free some space, or "
        "choose another place, and run again."
    )
