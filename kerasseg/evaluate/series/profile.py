"""How green each class is through the season."""

from collections.abc import Sequence

import numpy as np

from kerasseg.boundaries import restrict
from kerasseg.evaluate.series import season
from kerasseg.legend import IGNORE, Legend
from kerasseg.report import series_lines
from kerasseg.report.sections import Section
from kerasseg.sample import Sample

STEP = 10
"""Days that are drawn as one."""
BINS = 4 * season.YEAR // STEP
_PAIRS = (("b08", "b04"), ("b8", "b4"), ("nir", "red"))
"""Names of the infrared band, and of the red one beside it."""


def find_bands(bands: Sequence[str]) -> tuple[int, int] | None:
    """Return the places of the near infrared and of the red band, if they are there."""
    names = [name.lower() for name in bands]
    for pair in _PAIRS:
        if set(pair) <= set(names):
            return names.index(pair[0]), names.index(pair[1])
    return None


class Profile:
    """Gathers the NDVI of the pixels inside fields, by class and time of the season.

    Pixels at a boundary between classes are mixed, and left out. Clouds are not.

    Args:
        legend: The classes.
        infrared: Place of the near infrared band.
        red: Place of the red band.
    """

    def __init__(self, legend: Legend, infrared: int, red: int):
        self._legend, self._bands = legend, (infrared, red)
        shape = (3, legend.num_classes, BINS)
        self._sums = np.zeros(shape)  # of 1, of NDVI, of its square
        self._pixels = np.zeros(legend.num_classes, np.int64)

    def add(self, sample: Sample) -> None:
        """Add the pixels of a series."""
        label = restrict(sample["label"], "interior")
        classes = self._legend.num_classes
        inside = label != IGNORE
        self._pixels += np.bincount(label[inside], minlength=classes)
        places = season.places(sample["days"], sample["day_of_year"]) // STEP
        for date, place in enumerate(np.clip(places, 0, BINS - 1).tolist()):
            infrared, red = (
                sample["image"][date, ..., band][inside].astype(np.float64)
                for band in self._bands
            )
            total = infrared + red
            index = np.divide(
                infrared - red, total, out=np.full(total.shape, 2.0), where=total > 0
            )
            sound = np.abs(index) <= 1  # Below zero reflectance means nothing.
            index, kinds = index[sound], label[inside][sound]
            for power in range(3):
                self._sums[power, :, place] += np.bincount(
                    kinds, index**power, minlength=classes
                )

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of NDVI, `(num_classes, BINS)`.

        Each is a rolling mean over three steps of time; `NaN` where nothing was seen.
        """
        count, first, second = self._sums
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = first / count
            spread = np.sqrt(np.maximum(second / count - mean**2, 0))
        return _rolled(mean), _rolled(spread)

    def section(self) -> Section:
        """Draw a panel for each class that was seen."""
        mean, spread = self.means()
        seen = np.flatnonzero(np.isfinite(mean).any(axis=0))
        shown = slice(seen.min(), seen.max() + 1) if seen.size else slice(0, 1)
        places = [STEP * bin + STEP / 2 for bin in range(BINS)[shown]]
        names = self._legend.names
        return Section(
            "ndvi",
            "NDVI of each class through the season",
            "Mean, and one standard deviation to both sides, over pixels that are not "
            "at a boundary between classes; clouds and snow are in it. "
            f"Steps of {STEP} days, rolling mean of three.",
            series_lines.profiles(
                "NDVI",
                places,
                mean[:, shown],
                spread[:, shown],
                names=names,
                notes=[f"{count:,} pixels" for count in self._pixels.tolist()],
                colors=self._legend.colors,
                across=season.ticks(int(places[0]), int(places[-1]))[::2],
            ),
            ("class", "time", "mean", "standard deviation"),
            tuple(
                (
                    names[index],
                    season.date(STEP * place),
                    f"{mean[index, place]:.4f}",
                    f"{spread[index, place]:.4f}",
                )
                for index, place in np.argwhere(np.isfinite(mean)).tolist()
            ),
        )


def _rolled(values: np.ndarray) -> np.ndarray:
    """Average each value with its neighbours, and bridge gaps of up to two."""
    wide = np.pad(values, [(0, 0), (1, 1)], constant_values=np.nan)
    three = np.stack([wide[:, :-2], wide[:, 1:-1], wide[:, 2:]])
    known = np.isfinite(three)
    here = known[1]
    begun = np.maximum.accumulate(here, axis=1)
    goes_on = np.maximum.accumulate(here[:, ::-1], axis=1)[:, ::-1]
    count = np.where(begun & goes_on, known.sum(axis=0), 0)
    total = np.where(known, three, 0).sum(axis=0)
    return np.divide(total, count, out=np.full(values.shape, np.nan), where=count > 0)
