"""How often a model is right when it is so and so sure."""

from dataclasses import dataclass, field

import numpy as np

from kerasseg.legend import IGNORE
from kerasseg.report import series_panels
from kerasseg.report.sections import Section

BINS = 15


@dataclass
class Calibration:
    """Counts labelled pixels by the model's confidence in its answer.

    Source:
        Guo et al., "On Calibration of Modern Neural Networks", 2017,
        https://arxiv.org/abs/1706.04599, for the diagram and the expected error.
    """

    pixels: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    right: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    claimed: np.ndarray = field(default_factory=lambda: np.zeros(BINS))

    def add(
        self, label: np.ndarray, chosen: np.ndarray, confidence: np.ndarray
    ) -> None:
        """Count a map.

        Args:
            label: The truth `(H, W)`.
            chosen: The class of each pixel `(H, W)`.
            confidence: Its probability, as the model sees it, `(H, W)`.
        """
        known = label != IGNORE
        confidence = confidence[known].astype(np.float64)
        places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
        right = (chosen == label)[known]
        self.pixels += np.bincount(places, minlength=BINS)
        self.right += np.bincount(places[right], minlength=BINS)
        self.claimed += np.bincount(places, confidence, minlength=BINS)

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean confidence and share of right pixels of each bin, `(BINS,)`."""
        there = self.pixels > 0
        confidence, accuracy = (
            np.divide(total, self.pixels, out=np.full(BINS, np.nan), where=there)
            for total in (self.claimed, self.right)
        )
        return confidence, accuracy

    @property
    def error(self) -> float:
        """The mean distance of confidence and accuracy over the pixels."""
        total = self.pixels.sum()
        gap = np.abs(self.claimed - self.right).sum()
        return float(gap / total) if total else float("nan")

    def section(self) -> Section:
        """Draw the diagram."""
        confidence, accuracy = self.means()
        rows = [
            (
                f"{100 * i / BINS:.1f} to {100 * (i + 1) / BINS:.1f}",
                *("" if np.isnan(v[i]) else f"{100 * v[i]:.2f}" for v in self.means()),
                int(self.pixels[i]),
            )
            for i in range(BINS)
        ]
        return Section(
            "reliability",
            "Is the model as sure as it is right?",
            "Pixels by the probability of the chosen class. The bars are how many of "
            "them are right; on the dotted line, the model would be as sure as it is "
            "right. What lacks or is too much is marked; its mean is the expected "
            "calibration error. Below, how the pixels are shared.",
            series_panels.reliability(confidence, accuracy, self.pixels, self.error),
            ("confidence, %", "mean confidence, %", "right, %", "pixels"),
            tuple(rows),
        )
