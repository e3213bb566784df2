"""Turn the values or colours of a label raster into class indices."""

from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend, LegendError

Coding = Literal["auto", "color", "value"]


class Decoder:
    """Class indices of an open label raster, window by window.

    How a label is coded is decided from the file and the legend, not from pixels:

    - three bands or more are colours;
    - one band with a palette is colours if the palette shows a colour of the
      legend. Palettes differ from file to file within one dataset, so that value
      0 is land in one and building in the next;
    - one band without a palette, or with a palette of other colours, is values.

    Args:
        stack: The open label raster.
        legend: What values and colours mean.
        coding: `"color"` or `"value"` overrule the decision.

    Raises:
        LegendError: If the raster cannot be a label.
    """

    def __init__(self, stack: raster.Stack, legend: Legend, coding: Coding = "auto"):
        about = stack.info
        self._stack, self._legend = stack, legend
        self.coding = coded(about, legend) if coding == "auto" else coding
        if np.dtype(about.dtype).kind not in "ui":
            raise LegendError(
                f"{about.path}: {about.dtype} label. Give whole numbers, or colours."
            )
        if self.coding == "color" and not about.palette and about.count < 3:
            raise LegendError(
                f"{about.path}: {about.count} band without palette is not coded by "
                'colour. Use coding="value".'
            )
        colors = self.coding == "color"
        self._palette = about.palette if colors and about.count < 3 else None

    def read(self, window: raster.Window | None = None) -> np.ndarray:
        """Read class indices, uint8 `(H, W)`.

        Raises:
            LegendError: If a value or colour is not in the legend.
        """
        try:
            if self.coding == "color" and self._palette is None:
                return self._from_colors(self._stack.read(window, bands=(0, 1, 2)))
            return self._from_values(raster.read_label(self._stack, window))
        except LegendError as error:
            raise LegendError(f"{self._stack.info.path}: {error}") from None

    def _from_colors(self, pixels: np.ndarray) -> np.ndarray:
        if pixels.dtype != np.uint8:
            raise LegendError(f"{pixels.dtype} colours. Give 8 bits per band.")
        return self._legend.from_colors(pixels)

    def _from_values(self, values: np.ndarray) -> np.ndarray:
        """Look the values present up once, then all pixels in a table."""
        if values.dtype != np.uint8:
            return self._with_nodata(values)
        present = np.flatnonzero(np.bincount(values.ravel(), minlength=256))
        table = np.zeros(256, np.uint8)
        if self._palette:
            colors = [self._palette.get(int(value), (0, 0, 0)) for value in present]
            table[present] = self._legend.from_colors(np.array([colors], np.uint8))[0]
        else:
            table[present] = self._with_nodata(present[None])[0]
        return table[values]

    def _with_nodata(self, values: np.ndarray) -> np.ndarray:
        """Decode, ignoring the raster's nodata value unless the legend names it."""
        nodata = self._stack.info.nodata
        entries = (*self._legend.classes, *self._legend.ignored)
        known = {code for entry in entries for code in entry.codes}
        if nodata is None or nodata in known:
            return self._legend.from_codes(values)
        empty = values == nodata
        indices = np.full(values.shape, IGNORE, np.uint8)
        indices[~empty] = self._legend.from_codes(values[~empty])
        return indices


def coded(about: raster.Info, legend: Legend) -> Literal["color", "value"]:
    """Decide how a label raster is coded; see `Decoder`."""
    if about.count >= 3:
        return "color"
    colors = {entry.color for entry in (*legend.classes, *legend.ignored)}
    shown = set((about.palette or {}).values()) & colors
    # Black fills the unused end of many palettes: it proves nothing.
    return "color" if shown - {(0, 0, 0)} else "value"
