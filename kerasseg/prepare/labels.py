"""Turn the values or colours of a label raster into class indices."""

from collections import Counter
from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.legend import Legend, LegendError
from kerasseg.prepare.decoding import Coding, Decoding


class Decoder:
    """Class indices of an open label raster, window by window; see `Decoding`.

    Args:
        stack: The open label raster.
        legend: What values and colours mean.
        coding: `"color"` or `"value"` overrule the decision.
        unknown: What becomes of values and colours that the legend does not know:
            `"refuse"`, or `"ignore"`: they are unlabelled, and counted.

    Raises:
        LegendError: If the raster cannot be a label.
    """

    def __init__(
        self,
        stack: raster.Stack,
        legend: Legend,
        coding: Coding = "auto",
        unknown: Literal["refuse", "ignore"] = "refuse",
    ):
        self._stack = stack
        self._decoding = Decoding(stack.info, legend, coding, unknown)

    @property
    def unknown(self) -> Counter[int]:
        """How many pixels had a value that the legend does not know, by value."""
        return self._decoding.unknown

    def read(self, window: raster.Window | None = None) -> np.ndarray:
        """Read class indices, uint8 `(H, W)`.

        Raises:
            LegendError: If a value or colour is not in the legend.
        """
        try:
            if self._decoding.is_packed:
                pixels = self._stack.read(window, bands=(0, 1, 2))
                return self._decoding.colors(pixels)
            return self._decoding.values(raster.read_label(self._stack, window))
        except LegendError as error:
            raise LegendError(f"{self._stack.info.path}: {error}") from None
