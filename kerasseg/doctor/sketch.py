"""What is remembered of a band's values after its pixels are gone.

Counts and extremes are exact; percentiles come from a thinned sample of at most
`_MOST` values, every so many pixels, so a scene of any size costs the same memory and
gives the same answer each time.
"""

from dataclasses import dataclass

import numpy as np

from kerasseg import raster

_MOST = 1 << 16


@dataclass(frozen=True)
class Band:
    """The values of one band.

    Args:
        observed: Pixels that hold data and can be measured.
        broken: Pixels that hold data and are NaN, infinite or beyond all measures.
        low: The smallest value, NaN if none is observed.
        high: The largest.
        at_high: Pixels that have it.
        dark: The first percentile.
        middle: The median.
        bright: The 98th percentile.
        mean: The mean.
        std: The standard deviation.
    """

    observed: int
    broken: int
    low: float
    high: float
    at_high: int
    dark: float
    middle: float
    bright: float
    mean: float
    std: float

    @property
    def is_constant(self) -> bool:
        return self.observed > 1 and self.low == self.high


class Sketch:
    """The values of one band, gathered window by window."""

    def __init__(self):
        self._observed = self._broken = self._at_high = 0
        self._low, self._high = np.inf, -np.inf
        self._sum = self._squares = 0.0
        self._sample = np.empty(0)
        self._step, self._offset = 1, 0

    def add(self, values: np.ndarray) -> None:
        """Take in the values of pixels that hold data, of any shape."""
        values = values.ravel()
        if values.dtype.kind == "f":
            measured = raster.is_measured(values)
            self._broken += values.size - int(np.count_nonzero(measured))
            values = values[measured]
        if not values.size:
            return
        self._observed += values.size
        self._low = min(self._low, float(values.min()))
        self._add_high(values)
        exact = values.astype(np.float64)
        self._sum += float(exact.sum())
        self._squares += float(exact @ exact)
        self._thin(exact)

    def _add_high(self, values: np.ndarray) -> None:
        high = values.max()
        if high < self._high:
            return
        kept = self._at_high if high == self._high else 0
        self._at_high = kept + int(np.count_nonzero(values == high))
        self._high = float(high)

    def _thin(self, values: np.ndarray) -> None:
        """Keep every `_step`-th value of the stream, fewer when there are many."""
        taken = values[self._offset :: self._step]
        self._offset = (self._offset - values.size) % self._step
        self._sample = np.concatenate([self._sample, taken])
        while self._sample.size > _MOST:
            # The next value due is one step on from the last; with twice the step it
            # is due only if the number of values so far is even.
            self._offset += self._step * (self._sample.size % 2)
            self._sample, self._step = self._sample[::2], 2 * self._step

    def band(self) -> Band:
        """Return what was seen."""
        number = self._observed
        quantiles = [np.nan] * 3
        if number:
            quantiles = np.percentile(self._sample, [1, 50, 98]).tolist()
        mean = self._sum / number if number else np.nan
        variance = self._squares / number - mean**2 if number else np.nan
        return Band(
            observed=number,
            broken=self._broken,
            low=self._low if number else np.nan,
            high=self._high if number else np.nan,
            at_high=self._at_high,
            dark=quantiles[0],
            middle=quantiles[1],
            bright=quantiles[2],
            mean=mean,
            std=float(np.sqrt(max(variance, 0))) if number else np.nan,
        )
