"""What the stored values of a label raster mean, by its header and a legend."""

from collections import Counter
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend, LegendError

Coding = Literal["auto", "color", "value"]
Decode = Callable[[np.ndarray], np.ndarray]

_MOST_BANDS = 3
"""Of colours; alpha is not counted. An image has more, and is no label."""


class Decoding:
    """From values or colours to class indices.

    How a label is coded is decided from the file and the legend, not from pixels:

    - three bands or more are colours;
    - one band with a palette is colours if the palette shows a colour of the
      legend. Palettes differ from file to file within one dataset, so that value
      0 is land in one and building in the next;
    - one band without a palette, or with a palette of other colours, is values.

    Args:
        about: The header of the label raster.
        legend: What values and colours mean.
        coding: `"color"` or `"value"` overrule the decision.
        unknown: What becomes of values and colours that the legend does not know:
            `"refuse"`, or `"ignore"`: they are unlabelled, and counted.

    Attributes:
        coding: How it is coded.
        is_packed: Whether pixels are the colours of three bands.
        unknown: How many pixels had such a value, by value as stored; colours of
            three bands as 0xRRGGBB.

    Raises:
        LegendError: If the raster cannot be a label.
    """

    def __init__(
        self,
        about: raster.Info,
        legend: Legend,
        coding: Coding = "auto",
        unknown: Literal["refuse", "ignore"] = "refuse",
    ):
        self.unknown: Counter[int] = Counter()
        self._tolerant = unknown == "ignore"
        self._legend, self._nodata = legend, about.nodata
        self.coding = _coded(about, legend) if coding == "auto" else coding
        if np.dtype(about.dtype).kind not in "ui":
            raise LegendError(
                f"{about.path}: {about.dtype} label. Give whole numbers, or colours."
            )
        if about.count > _MOST_BANDS:
            raise LegendError(
                f"{about.path}: {about.count} bands are no label. Give a raster of one "
                "band of labels, or of three of colours."
            )
        if self.coding == "color" and not about.palette and about.count < 3:
            raise LegendError(
                f"{about.path}: {about.count} band without palette is not coded by "
                "colour. Read it by value (--coding value)."
            )
        colors = self.coding == "color"
        self._palette = about.palette if colors and about.count < 3 else None
        self.is_packed = colors and self._palette is None

    def colors(self, pixels: np.ndarray) -> np.ndarray:
        """Decode colours `(H, W, 3)`, to uint8 `(H, W)`.

        Raises:
            LegendError: If one is not in the legend, or not of 8 bits per band.
        """
        if pixels.dtype != np.uint8:
            raise LegendError(
                f"its bands are taken for colours, but are {pixels.dtype}. Give one "
                "band of labels, or colours of 8 bits."
            )
        if not self._tolerant:
            return self._legend.from_colors(pixels)
        wide = pixels.astype(np.uint32)
        return self.packed(wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2])

    def packed(self, packed: np.ndarray) -> np.ndarray:
        """Decode colours written as 0xRRGGBB, one by one, to uint8 `(H, W)`."""
        return self._each(packed, self._of_packed)

    def color(self, value: int) -> int:
        """Return the colour of a stored value as 0xRRGGBB."""
        if self._palette is None:
            return value
        red, green, blue = self._palette.get(value, (0, 0, 0))
        return red << 16 | green << 8 | blue

    def values(self, values: np.ndarray) -> np.ndarray:
        """Decode stored values `(H, W)`, to uint8 `(H, W)`.

        Values present are looked up once, then all pixels in a table.

        Raises:
            LegendError: If one is not in the legend.
        """
        if values.dtype != np.uint8:
            if self._tolerant:
                return self._each(values, self._of_values)
            return self._of_values(values)
        # OpenCV counts and looks up ten times as fast as NumPy.
        counted = cv2.calcHist([values], [0], None, [256], [0, 256])
        present = np.flatnonzero(counted).astype(np.uint8)
        table = np.zeros(256, np.uint8)
        if self._tolerant:
            table[present] = self._known(values, present, self._of_values)
        else:
            table[present] = self._of_values(present[None])[0]
        return cv2.LUT(values, table)

    def _of_packed(self, packed: np.ndarray) -> np.ndarray:
        parts = [packed >> 16, packed >> 8 & 255, packed & 255]
        return self._legend.from_colors(np.stack(parts, axis=-1).astype(np.uint8))

    def _of_values(self, values: np.ndarray) -> np.ndarray:
        """Decode, ignoring the raster's nodata value unless the legend names it."""
        decode = self._of_palette if self._palette else self._legend.from_codes
        if self._nodata is None or self._is_named(self._nodata):
            return decode(values)
        empty = values == self._nodata
        indices = np.full(values.shape, IGNORE, np.uint8)
        indices[~empty] = decode(values[~empty])
        return indices

    def _of_palette(self, values: np.ndarray) -> np.ndarray:
        colors = [self._palette.get(v, (0, 0, 0)) for v in values.ravel().tolist()]
        colors = np.array(colors, np.uint8).reshape(*values.shape, 3)
        return self._legend.from_colors(colors)

    def _is_named(self, value: float) -> bool:
        entries = (*self._legend.classes, *self._legend.ignored)
        if self._palette:
            return self._palette.get(value) in [entry.color for entry in entries]
        return any(value in entry.codes for entry in entries)

    def _each(self, values: np.ndarray, decode: Decode) -> np.ndarray:
        """Decode all pixels, unknown ones too."""
        present, inverse = np.unique(values, return_inverse=True)
        return self._known(values, present, decode)[inverse.reshape(values.shape)]

    def _known(
        self, values: np.ndarray, present: np.ndarray, decode: Decode
    ) -> np.ndarray:
        """Decode each value present by itself; count those that cannot be."""
        indices = np.full(len(present), IGNORE, np.uint8)
        for place in range(len(present)):
            try:
                indices[place] = decode(present[None, place : place + 1])[0, 0]
            except LegendError:
                strange = present[place]
                self.unknown[int(strange)] += np.count_nonzero(values == strange)
        return indices


def _coded(about: raster.Info, legend: Legend) -> Literal["color", "value"]:
    """Decide how a label raster is coded; see `Decoding`."""
    if about.count >= 3:
        return "color"
    colors = {entry.color for entry in (*legend.classes, *legend.ignored)}
    shown = set((about.palette or {}).values()) & colors
    # Black fills the unused end of many palettes: it proves nothing.
    return "color" if shown - {(0, 0, 0)} else "value"
