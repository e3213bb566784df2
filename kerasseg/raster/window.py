"""Windows: the rectangles a raster is read and written by."""

from typing import Literal, NamedTuple

Edge = Literal["crop", "shift", "pad"]


class Window(NamedTuple):
    """A rectangle of pixels."""

    row: int
    column: int
    height: int
    width: int

    def shifted(self, rows: int, columns: int) -> "Window":
        """Return the same rectangle, `rows` further down, `columns` to the right."""
        return self._replace(row=self.row + rows, column=self.column + columns)

    def within(self, height: int, width: int) -> "Window":
        """Return the part that lies inside a raster of that size."""
        return self._replace(
            height=min(self.height, height - self.row),
            width=min(self.width, width - self.column),
        )


def windows(
    height: int,
    width: int,
    size: int,
    stride: int | None = None,
    edge: Edge = "shift",
) -> list[Window]:
    """List square windows over a raster, row by row.

    Args:
        height: Rows of the raster.
        width: Columns of the raster.
        size: Pixels along a window's side.
        stride: Pixels from one window to the next; by default windows touch.
        edge: What happens where the last window does not fit: `"crop"` leaves the
            remainder out, `"shift"` moves the window back inside, `"pad"` lets it
            reach beyond the raster. Where the raster itself is smaller than a
            window, `"crop"` and `"shift"` give none.

    Raises:
        ValueError: If `size` or `stride` is not positive.
    """
    stride = size if stride is None else stride
    if size < 1 or stride < 1:
        raise ValueError(f"size {size}, stride {stride}. Both must be at least 1.")
    return [
        Window(row, column, size, size)
        for row in _starts(height, size, stride, edge)
        for column in _starts(width, size, stride, edge)
    ]


def _starts(length: int, size: int, stride: int, edge: Edge) -> list[int]:
    starts = list(range(0, length - size + 1, stride))
    covered = starts[-1] + size if starts else 0
    if covered >= length or edge == "crop":
        return starts
    if edge == "pad":
        return [*starts, starts[-1] + stride if starts else 0]
    return [*starts, length - size] if starts else []
