"""Look at images and labels nobody has described yet, and draft a legend for them."""

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.legend import Entry, Legend
from kerasseg.prepare.pairs import Pair, find

_MAX_WINDOWS = 200
_WINDOW = 1024
_MAX_CLASSES = 64


@dataclass(frozen=True)
class Draft:
    """What was seen.

    Args:
        scenes: Number of pairs of image and label.
        bands: Names of the bands.
        dtype: Stored type of the images.
        coding: Whether labels are coded by their value or their colour.
        legend: One class per value or colour, named after it.
        complete: Whether every pixel of the labels was looked at.
    """

    scenes: int
    bands: tuple[str, ...]
    dtype: str
    coding: Literal["value", "color"]
    legend: Legend
    complete: bool


def draft(images: str, labels: str) -> Draft:
    """Look at a folder of images and one of labels.

    Of large sets only a part of the label windows is read, spread evenly.

    Args:
        images: A file, folder or pattern, as `prepare.pairs.find` takes.
        labels: The same for the label rasters.

    Raises:
        FileNotFoundError: If a side has no raster.
        ValueError: If the images differ in bands or type, or the labels hold more
            values than a legend could.
    """
    pairs = find(images, labels)
    first = _agreed(pairs)
    abouts = [raster.info(pair.label) for pair in pairs]
    coding = "color" if any(a.count >= 3 or a.palette for a in abouts) else "value"
    seen: set[int] = set()
    windows = list(_windows(abouts))
    step = -(-len(windows) // _MAX_WINDOWS)
    for about, window in windows[::step]:
        seen |= _values(about, window) if coding == "value" else _colors(about, window)
        if len(seen) > _MAX_CLASSES:
            raise ValueError(
                f"{about.path}: more than {_MAX_CLASSES} different values, too many "
                "for classes. Store labels without loss, as PNG or TIFF."
            )
    nodata = abouts[0].nodata if coding == "value" else None
    legend = _legend(sorted(seen), coding, nodata)
    return Draft(len(pairs), first.bands, first.dtype, coding, legend, step <= 1)


def _agreed(pairs: list[Pair]) -> raster.Info:
    """Return what the images have in common."""
    first, *others = (raster.info(pair.image) for pair in pairs)
    for other in others:
        if (other.count, other.dtype) != (first.count, first.dtype):
            raise ValueError(
                f"{other.path}: {other.count} bands of {other.dtype}, but {first.path} "
                f"has {first.count} of {first.dtype}. Keep one kind in the folder."
            )
    return first


def _windows(abouts: list[raster.Info]) -> Iterator[tuple[raster.Info, raster.Window]]:
    for about in abouts:
        for row in range(0, about.height, _WINDOW):
            for column in range(0, about.width, _WINDOW):
                height = min(_WINDOW, about.height - row)
                width = min(_WINDOW, about.width - column)
                yield about, raster.Window(row, column, height, width)


def _values(about: raster.Info, window: raster.Window) -> set[int]:
    values = np.unique(raster.read_label(about.path, window))
    if values.dtype.kind not in "ui":
        raise ValueError(
            f"{about.path}: {values.dtype} labels. Give whole numbers, or colours."
        )
    return set(values.tolist())


def _colors(about: raster.Info, window: raster.Window) -> set[int]:
    """Return the colours of a window as 0xRRGGBB."""
    if about.count >= 3:
        pixels = raster.read(about.path, window, (0, 1, 2)).astype(np.uint32)
        packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
        return set(np.unique(packed).tolist())
    palette = about.palette or {}
    colors = [palette.get(value, (0, 0, 0)) for value in _values(about, window)]
    return {red << 16 | green << 8 | blue for red, green, blue in colors}


def _legend(seen: list[int], coding: str, nodata: float | None) -> Legend:
    if coding == "color":
        classes = [Entry(f"#{v:06X}", _unpacked(v), ()) for v in seen]
        return Legend(tuple(classes))
    kept = [value for value in seen if value != nodata]
    classes = [
        Entry(f"class {value}", _hue(i, len(kept)), (value,))
        for i, value in enumerate(kept)
    ]
    ignored = [Entry("nodata", (0, 0, 0), (v,)) for v in seen if v == nodata]
    return Legend(tuple(classes), tuple(ignored))


def _unpacked(value: int) -> tuple[int, int, int]:
    return value >> 16, value >> 8 & 255, value & 255


def _hue(position: int, count: int) -> tuple[int, int, int]:
    """Give each class a colour as far from the others' as the circle allows."""
    shares = colorsys.hls_to_rgb(position / max(count, 1), 0.5, 0.7)
    red, green, blue = (round(share * 255) for share in shares)
    return red, green, blue
