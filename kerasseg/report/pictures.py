"""Pictures of a place: the image, its label, its map, and where they differ."""

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from kerasseg.legend import IGNORE, Legend

WRONG = (226, 58, 46)
UNKNOWN = (62, 66, 74)
_GAP, _STRIP, _MARGIN = 6, 24, 8

_VISIBLE = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("b04", "b03", "b02"),
    ("b4", "b3", "b2"),
)
"""Names of the bands that look natural, red first: by colour, and of Sentinel-2 or
Landsat 8."""


def rgb(
    image: np.ndarray, bands: Sequence[str] = (), percentiles: tuple = (2, 98)
) -> np.ndarray:
    """Make any image fit to look at, uint8 `(H, W, 3)`.

    An uint8 image of three bands stays as it is. Any other is stretched, each band
    between two percentiles of its own values.

    Args:
        image: `(H, W, C)`, or a series `(T, H, W, C)`, of which the middle date is
            shown.
        bands: Names of the bands, by which red, green and blue are found; otherwise
            the first three are shown, or the first in grey.
        percentiles: What becomes black, and what becomes white.
    """
    image = image[len(image) // 2] if image.ndim == 4 else image
    shown = image[..., _visible(image.shape[-1], bands)]  # (H, W, 3)
    if shown.dtype == np.uint8 and image.shape[-1] == 3:
        return np.ascontiguousarray(shown)
    values = shown.reshape(-1, 3).astype(np.float32)
    finite = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(finite).all(axis=0).any():
        finite = np.nan_to_num(finite)
    low, high = np.nanpercentile(finite, percentiles, axis=0)
    stretched = np.nan_to_num((finite - low) / np.maximum(high - low, 1e-6))
    levels = (255 * np.clip(stretched, 0, 1)).round().astype(np.uint8)
    return levels.reshape(shown.shape)


def errors(image: np.ndarray, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Mark wrong pixels red on a pale grey image, unlabelled ones dark.

    Args:
        image: As `rgb` returns it, `(H, W, 3)`.
        label: Class indices `(H, W)`.
        prediction: Class indices `(H, W)`.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    picture = np.repeat((168 + grey[..., None] / 255 * 80).astype(np.uint8), 3, axis=-1)
    picture[label != prediction] = WRONG
    picture[label == IGNORE] = UNKNOWN
    return picture


def panel(
    image: np.ndarray,
    label: np.ndarray,
    prediction: np.ndarray,
    legend: Legend,
    bands: Sequence[str] = (),
) -> np.ndarray:
    """Set image, label, prediction and errors side by side above the legend.

    Args:
        image: `(H, W, C)` in any units.
        label: Class indices `(H, W)`.
        prediction: Class indices `(H, W)`.
        legend: Colours and names.
        bands: Names of the bands.

    Returns:
        The picture, uint8 `(height, width, 3)`, at least 160 pixels per part.
    """
    shown = rgb(image, bands)
    parts = [
        shown,
        legend.to_colors(label),
        legend.to_colors(prediction),
        errors(shown, label, prediction),
    ]
    factor = -(-160 // min(label.shape))
    parts = [np.kron(part, np.ones((factor, factor, 1), np.uint8)) for part in parts]
    height, width = parts[0].shape[:2]
    total = 4 * width + 3 * _GAP + 2 * _MARGIN
    titles = np.full((_STRIP, total, 3), 255, np.uint8)
    row = np.full((height, total, 3), 255, np.uint8)
    for index, title in enumerate(("image", "label", "prediction", "errors")):
        left = _MARGIN + index * (width + _GAP)
        row[:, left : left + width] = parts[index]
        _write(titles, title, left)
    return np.concatenate([titles, row, _legend_strip(legend, total)])


def png(picture: np.ndarray) -> bytes:
    """Encode a picture, uint8 `(H, W, 3)`, as PNG."""
    done, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot become PNG.")
    return content.tobytes()


def _visible(num_bands: int, bands: Sequence[str]) -> list[int]:
    names = [name.lower() for name in bands]
    for wanted in _VISIBLE:
        if set(wanted) <= set(names):
            return [names.index(name) for name in wanted]
    return [0, 1, 2] if num_bands >= 3 else [0, 0, 0]


def _legend_strip(legend: Legend, width: int) -> np.ndarray:
    """Draw as many rows of swatches and names as the width asks for."""
    rows = [np.full((_STRIP, width, 3), 255, np.uint8)]
    left = _MARGIN
    for entry in legend.classes:
        name = ascii_only(entry.name)
        size = 22 + cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)[0][0] + 14
        if left > _MARGIN and left + size > width:
            rows.append(np.full((_STRIP, width, 3), 255, np.uint8))
            left = _MARGIN
        corners = (left, 5), (left + 14, _STRIP - 6)
        cv2.rectangle(rows[-1], *corners, entry.color, -1)
        cv2.rectangle(rows[-1], *corners, (130, 130, 130), 1)
        _write(rows[-1], name, left + 20)
        left += size
    return np.concatenate(rows)


def _write(picture: np.ndarray, words: str, left: int) -> None:
    place = (left, _STRIP - 8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, words, place, font, 0.42, (40, 40, 40), 1, cv2.LINE_AA)


def ascii_only(name: str) -> str:
    """OpenCV draws ASCII only: leave accents off rather than show question marks."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
