"""Clouds and their shadows, where there were none."""

from typing import Annotated

import cv2
import numpy as np
from annotated_types import Ge, Interval

from kerasseg.augment.radiometry import stored
from kerasseg.sample import Sample

_SOFTNESS = 1.5
"""How far an edge reaches, in standard deviations of the field clouds are cut from."""
_THINNEST = 0.4
"""Opacity of the middle of the thinnest clouds; each date draws its own."""
_REACH = 0.2
"""Farthest shadow, as a share of the sample's longer side."""


def cloud_paste(
    sample: Sample,
    rng: np.random.Generator,
    *,
    probability: Annotated[float, Interval(ge=0, le=1)] = 0.2,
    coverage: Annotated[float, Interval(ge=0, le=1)] = 0.5,
    brightness: Annotated[float, Ge(0)] = 1.3,
    shadow: Annotated[float, Interval(ge=0, le=1)] = 0.5,
) -> Sample:
    """Paste soft white clouds and their shadows onto some dates.

    The label stays: what lies under a cloud on one date is seen on others. Pixels
    without data (0 in all bands) get no cloud.

    Args:
        sample: Image and label; bands in one unit, such as reflectance.
        rng: Where the draws come from.
        probability: Of each date to get clouds.
        coverage: Largest share of a date they cover; each date draws its own.
        brightness: Of the thickest clouds, alike in all bands, as a multiple of what
            the brightest band of the sample reaches in all but 1 % of its pixels.
        shadow: Share of the light that is missing in the darkest shadow.
    """
    image = sample["image"].reshape(-1, *sample["image"].shape[-3:])  # (T, H, W, C)
    cloudy = np.flatnonzero(rng.random(len(image)) < probability)
    if not len(cloudy):
        return sample
    white = brightness * _brightest(image)
    pasted = image.copy()
    for date in cloudy:
        cover = rng.uniform(0, coverage)
        opacity, shade, relief = _sky(rng, image.shape[1:3], cover)
        pixels = image[date] * (1 - np.float32(shadow) * shade)
        pixels += opacity * (np.float32(white) * relief - pixels)
        pasted[date] = stored(pixels, image.dtype)
        pasted[date][~image[date].any(axis=-1)] = 0
    return {**sample, "image": pasted.reshape(sample["image"].shape)}


def _brightest(image: np.ndarray) -> float:
    step = max(1, min(image.shape[1:3]) // 32)
    pixels = image[:, ::step, ::step].reshape(-1, image.shape[-1])
    return float(np.quantile(pixels, 0.99, axis=0).max())


def _sky(rng: np.random.Generator, shape: tuple[int, int], cover: float):
    """Return opacity, shade and brightness of clouds, each float32 `(H, W, 1)`."""
    reach = max(1, round(_REACH * max(shape)))
    field = _field(rng, (shape[0] + 2 * reach, shape[1] + 2 * reach))
    opacity = np.clip((field - np.quantile(field, 1 - cover)) / _SOFTNESS, 0, 1)
    # Level at the rim and at full thickness: no crease is seen where a cloud begins.
    opacity = opacity * opacity * (3 - 2 * opacity) * rng.uniform(_THINNEST, 1)
    opacity = opacity.astype(np.float32)
    down, across = rng.integers(0, 2 * reach + 1, 2)
    over = np.s_[reach : reach + shape[0], reach : reach + shape[1], None]
    under = np.s_[down : down + shape[0], across : across + shape[1], None]
    relief = np.clip(0.85 + 0.12 * field, 0.6, 1)
    return opacity[over], opacity[under], relief[over]


def _field(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw a smooth field of mean 0 and deviation 1, finer parts weaker."""
    field = np.zeros(shape, np.float32)
    cells = 2
    while cells < max(shape) / 2:
        coarse = rng.standard_normal((cells + 2, cells + 2), np.float32)
        field += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC) / cells
        cells *= 2
    return (field - field.mean()) / max(float(field.std()), 1e-6)
