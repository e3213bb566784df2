"""A scene seen on many dates, read as if it were one raster of many bands."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from kerasseg import dates as calendar
from kerasseg import raster
from kerasseg.datasets.series import BASELINE_04, files, frames, naming
from kerasseg.raster import Info, Window


class Dated:
    """The dated GeoTIFFs of a folder, on the grid of the finest of them.

    Args:
        folder: Where they lie.
        bands: The bands wanted, in order.
        images: Pattern of their names, as seen from the folder.
        date_format: How names write dates; see `datasets.series`.
        reference_date: Day 0 of the season; by default the first date.
        days: Whether days are counted from there, or in the Chinese lunar year.
        resampling: How coarser bands come to the finest grid.
        offset: Taken from each value; `auto`: 1000 from dates since 2022-01-25.

    Attributes:
        info: The grid.
        days: int32 `(T,)`.
        day_of_year: int32 `(T,)`.

    Raises:
        FileNotFoundError: If no file is found.
        ValueError: If files do not fit each other, or a band is missing.
    """

    def __init__(
        self,
        folder: Path,
        bands: Sequence[str],
        *,
        images: str = "*.tif",
        date_format: str | None = None,
        reference_date: str | None = None,
        days: Literal["season", "lunar_year"] = "season",
        resampling: frames.Resampling = "nearest",
        offset: int | Literal["auto"] = 0,
    ):
        paths = sorted(folder.glob(images))
        if not paths:
            raise FileNotFoundError(
                f"no image at {folder / images}. Correct the folder, or give a pattern "
                "with --images."
            )
        finest = max(map(raster.info, paths), key=lambda each: each.height * each.width)
        grid = replace(finest, path=folder)
        found = files.find(folder, images, naming.by_name(date_format), grid)
        _, dtype = files.of_bands(found, bands)
        dates = np.unique([file.date for file in found])
        self.info: Info = replace(grid, dtype=dtype)
        self.days = _count(dates, days, reference_date, str(folder))
        self.day_of_year = calendar.day_of_year(dates)
        self._bands, self._resampling = tuple(bands), resampling
        self._files = [[f for f in found if f.date == date] for date in dates]
        self._offsets = [
            1000 * int(date >= BASELINE_04) if offset == "auto" else offset
            for date in dates
        ]
        self._last: tuple[Window, np.ndarray] | None = None

    @property
    def files(self) -> list[Path]:
        """All files that are read."""
        return [file.path for date in self._files for file in date]

    def read(self, window: Window, _: Sequence[int] | None = None) -> np.ndarray:
        """Read all dates of a window, `(H, W, T * C)`, the bands of a date together."""
        shape = (window.height, window.width, len(self._files) * len(self._bands))
        pixels = np.empty(shape, self.info.dtype)
        for place, (date, offset) in enumerate(
            zip(self._files, self._offsets, strict=True)
        ):
            first = place * len(self._bands)
            pixels[..., first : first + len(self._bands)] = frames.read(
                date, self._bands, window, self._resampling, offset
            )
        self._last = window, pixels.any(axis=-1)
        return pixels

    def observed(self, window: Window) -> np.ndarray:
        """Tell where any date holds data, bool `(H, W)`, of the window read last."""
        if self._last is None or self._last[0] != window:
            self.read(window)
        return self._last[1]

    def batch(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Give windows `(B, H, W, T * C)` their dates back, as a model reads them."""
        batch, height, width, _ = images.shape
        shape = (batch, height, width, len(self.days), len(self._bands))
        image = images.reshape(shape).transpose(0, 3, 1, 2, 4)
        return {
            "image": np.ascontiguousarray(image),
            "days": np.repeat(self.days[None], batch, axis=0),
            "day_of_year": np.repeat(self.day_of_year[None], batch, axis=0),
        }


def _count(
    dates: np.ndarray, days: str, reference_date: str | None, where: str
) -> np.ndarray:
    if days == "lunar_year":
        return calendar.days_since_lunar_new_year(dates, where)
    first = calendar.parse(reference_date) if reference_date else dates[0]
    return calendar.days_since(dates, first, where)
