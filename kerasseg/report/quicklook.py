"""A map to look at: the whole scene, its legend with shares, and a scale bar."""

from collections.abc import Sequence

import cv2
import numpy as np

from kerasseg.legend import IGNORE, Legend
from kerasseg.report.pictures import ascii_only

_MARGIN, _LINE, _SWATCH = 24, 30, 18
_INK, _PALE = (40, 40, 40), (120, 120, 120)
_NOTHING = (235, 235, 235)
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.55
_SMALLEST = 480
"""Pixels of the longer side of the map, at least: smaller ones are enlarged."""


def draw(
    label: np.ndarray,
    legend: Legend,
    pixels: Sequence[int],
    metres: float | None = None,
) -> np.ndarray:
    """Draw a map beside its legend.

    Args:
        label: The map at the scale to draw it, class indices `(H, W)`; where nothing
            is known, `IGNORE`, it is pale.
        legend: Colours and names.
        pixels: Pixels of each class in the full map, and, last, without data.
        metres: Along a pixel of `label`; without it there is no scale bar.

    Returns:
        The picture, uint8 `(height, width, 3)`. Classes come in the order of their
        shares, which are those of the pixels that hold data.
    """
    factor = max(1, -(-_SMALLEST // max(label.shape)))
    colors = legend.to_colors(label)
    colors[label == IGNORE] = _NOTHING
    colors = np.repeat(np.repeat(colors, factor, axis=0), factor, axis=1)
    side = _legend(legend, pixels)
    height = max(len(colors) + 2 * _LINE, len(side))
    width = colors.shape[1] + side.shape[1]
    picture = np.full((height + 2 * _MARGIN, width + 3 * _MARGIN, 3), 255, np.uint8)
    place = picture[
        _MARGIN : _MARGIN + len(colors), _MARGIN : _MARGIN + colors.shape[1]
    ]
    place[:] = colors
    cv2.rectangle(
        picture,
        (_MARGIN - 1, _MARGIN - 1),
        (_MARGIN + colors.shape[1], _MARGIN + len(colors)),
        _PALE,
    )
    left = 2 * _MARGIN + colors.shape[1]
    picture[_MARGIN : _MARGIN + len(side), left : left + side.shape[1]] = side
    if metres:
        _scale_bar(picture, metres / factor, colors.shape[1], _MARGIN + len(colors))
    return picture


def _legend(legend: Legend, pixels: Sequence[int]) -> np.ndarray:
    """Draw a line per class, the largest share first, and what holds no data last."""
    known = max(sum(pixels[:-1]), 1)
    order = np.argsort(-np.asarray(pixels[:-1]), kind="stable")
    lines = [
        (legend.classes[i].color, legend.names[i], pixels[i] / known) for i in order
    ]
    if pixels[-1]:
        lines.append((_NOTHING, "no data", pixels[-1] / (known + pixels[-1])))
    names = [ascii_only(name) for _, name, _ in lines]
    longest = max(cv2.getTextSize(name, _FONT, _SIZE, 1)[0][0] for name in names)
    width = _SWATCH + 10 + longest + 90
    picture = np.full((_LINE * len(lines), width, 3), 255, np.uint8)
    for row, ((color, _, share), name) in enumerate(zip(lines, names, strict=True)):
        top = row * _LINE
        corners = (0, top + 5), (_SWATCH, top + 5 + _SWATCH)
        cv2.rectangle(picture, *corners, tuple(map(int, color)), -1)
        cv2.rectangle(picture, *corners, _PALE, 1)
        _write(picture, name, _SWATCH + 10, top + 20)
        told = f"{share:.1%}"
        size = cv2.getTextSize(told, _FONT, _SIZE, 1)[0][0]
        _write(picture, told, width - size - 2, top + 20)
    return picture


def _scale_bar(picture: np.ndarray, metres: float, width: int, top: int) -> None:
    """Draw a bar of a round length, at most a third of the map."""
    length = round_length(metres * width / 3)
    end = _MARGIN + max(1, round(length / metres))
    for left, color in ((_MARGIN, _INK), ((_MARGIN + end) // 2, (255, 255, 255))):
        corners = (left, top + 12), (end, top + 18)
        cv2.rectangle(picture, *corners, color, -1)
    cv2.rectangle(picture, (_MARGIN, top + 12), (end, top + 18), _INK, 1)
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    _write(picture, told, end + 8, top + 21)


def round_length(most: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is not above `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))


def _write(picture: np.ndarray, words: str, left: int, base: int) -> None:
    cv2.putText(picture, words, (left, base), _FONT, _SIZE, _INK, 1, cv2.LINE_AA)
