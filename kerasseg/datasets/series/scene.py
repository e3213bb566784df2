"""A scene seen on many dates, and its patches."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasseg import dates, files, raster
from kerasseg import legend as legends
from kerasseg.datasets.series import frames, labels
from kerasseg.datasets.series.files import File
from kerasseg.legend import IGNORE, Legend
from kerasseg.raster import Window
from kerasseg.sample import Sample


@dataclass(frozen=True)
class Clouds:
    """Which dates of a patch are worth having.

    Args:
        files: The cloud mask of each date.
        clear: Its values that mean a clear view.
        least: A date is dropped where a smaller share of the patch is clear.
    """

    files: tuple[File, ...]
    clear: tuple[int, ...]
    least: float

    @classmethod
    def of(
        cls,
        dates: np.ndarray,
        masks: Sequence[File],
        clear: Sequence[int],
        least: float,
    ) -> "Clouds":
        """Take the one mask of each date.

        Raises:
            ValueError: If a date has none, or several.
        """
        chosen: list[File] = []
        for date in dates:
            own = [mask for mask in masks if mask.date == date]
            if len(own) != 1:
                raise ValueError(
                    f"clouds: {len(own)} masks of {date}, and each date needs one. Add "
                    "it, or correct the pattern."
                )
            chosen += own
        return cls(tuple(chosen), tuple(clear), least)


@dataclass(frozen=True)
class Scene:
    """Files of one place, read window by window; see `load` for what the parts mean."""

    root: Path
    label: raster.Info
    """What is known of the raster of labels, whose grid is that of the patches."""
    legend: Legend
    bands: tuple[str, ...]
    dtype: str
    dates: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    files: tuple[tuple[File, ...], ...] = field(repr=False)
    """Of each date."""
    offsets: tuple[int, ...] = field(repr=False)
    """Of each date."""
    resampling: frames.Resampling
    clouds: Clouds | None
    drop_empty: bool

    def sample(self, window: Window) -> Sample:
        """Read a patch; beyond the border of the scene it is 0 and unlabelled."""
        inside = window.within(self.label.height, self.label.width)
        rows, columns = slice(inside.height), slice(inside.width)
        label = np.full((window.height, window.width), IGNORE, np.uint8)
        label[rows, columns] = labels.read(
            self.label.path, self.label, self.legend, inside
        )
        chosen = self._clear(inside)
        shape = (len(chosen), window.height, window.width, len(self.bands))
        image = np.zeros(shape, self.dtype)
        for place, date in enumerate(chosen):
            image[place, rows, columns] = frames.read(
                self.files[date],
                self.bands,
                inside,
                self.resampling,
                self.offsets[date],
            )
        if self.drop_empty:
            seen = image.any(axis=(1, 2, 3))
            seen[0] |= not seen.any()
            image, chosen = image[seen], chosen[seen]
        return {
            "image": image,
            "label": label,
            "days": self.days[chosen],
            "day_of_year": dates.day_of_year(self.dates[chosen]),
        }

    def fingerprint(self) -> str:
        """Hash all files, and how samples are made of them."""
        clouds = self.clouds or Clouds((), (), 0)
        used = [*(file for one in self.files for file in one), *clouds.files]
        settings = (
            files.fingerprint([file.path for file in used], self.root),
            files.fingerprint([self.label.path], self.label.path.parent),
            legends.dumps(self.legend),
            (self.bands, self.dtype, self.days.tolist(), self.offsets),
            (self.resampling, self.drop_empty, clouds.clear, clouds.least),
        )
        return hashlib.sha256(repr(settings).encode()).hexdigest()[:12]

    def _clear(self, inside: Window) -> np.ndarray:
        """Return the dates that are clear enough, or the clearest one."""
        if self.clouds is None:
            return np.arange(len(self.files))
        shares = np.array(
            [
                np.isin(
                    frames.band(file, [0], inside, "nearest"), self.clouds.clear
                ).mean()
                for file in self.clouds.files
            ]
        )
        chosen = np.flatnonzero(shares >= self.clouds.least)
        return chosen if len(chosen) else np.argmax(shares, keepdims=True)
