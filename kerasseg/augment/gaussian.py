"""Normal noise on some of the series, in units of what their bands vary by."""

import zlib
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Interval

from kerasseg.augment.radiometry import stored
from kerasseg.sample import Sample


def gaussian_noise(
    sample: Sample,
    rng: np.random.Generator,
    *,
    std: Annotated[float, Ge(0)] = 0.05,
    unit: Literal["band", "stored"] = "band",
    band_std: Sequence[float] | None = None,
    share: Annotated[float, Interval(ge=0, le=1)] = 0.25,
    fixed: bool = False,
    seed: Annotated[int, Ge(0)] = 0,
) -> Sample:
    """Add normal noise to all dates of some series.

    Noise is drawn for each pixel, band and date. Pixels without data (0 in all bands)
    stay as they are. Whole numbers stay whole numbers: noise far below 1 in stored
    units is lost on them.

    Args:
        sample: Image and label.
        rng: Where the draws come from, unless `fixed`.
        std: Standard deviation of the noise.
        unit: What it is measured in: the standard deviation of each band, or the
            values as they are stored.
        band_std: The standard deviation of each band, in stored units; by default that
            of the sample's own pixels with data.
        share: Share of the series that get noise.
        fixed: Whether the same series get the same noise in each epoch, as if it stood
            in the files. What decides is the first date as it comes in: put
            this first of all changes.
        seed: Which series, and which noise, where they are fixed.

    Raises:
        ValueError: If there are more or fewer `band_std` than bands.

    Source:
        The HiPC 2024 benchmark of U-TAE, which writes noise into the files of 25 % of
        the series: `{std: 25, unit: stored, fixed: true}`, about 0.015 in units of
        the bands. There values become fractions, here they are rounded.
    """
    image = sample["image"].reshape(-1, *sample["image"].shape[-3:])  # (T, H, W, C)
    if fixed:
        content = zlib.crc32(np.ascontiguousarray(image[0]).tobytes())
        rng = np.random.default_rng([seed, content])
    if rng.random() >= share:
        return sample
    scale = np.full(image.shape[-1], std, np.float32)
    if unit == "band":
        scale *= _band_std(image, band_std).astype(np.float32)
    noisy = np.empty_like(image)
    for date, pixels in enumerate(image):
        drawn = rng.standard_normal(pixels.shape, np.float32) * scale
        noisy[date] = stored(pixels + drawn, image.dtype)
        noisy[date][~pixels.any(axis=-1)] = 0
    return {**sample, "image": noisy.reshape(sample["image"].shape)}


def _band_std(image: np.ndarray, given: Sequence[float] | None) -> np.ndarray:
    bands = image.shape[-1]
    if given is not None:
        if len(given) != bands:
            raise ValueError(
                f"gaussian_noise: band_std of {len(given)} bands for an image of "
                f"{bands}. Give one per band."
            )
        return np.array(given, float)
    number, total, squares = np.zeros((3, bands))
    for pixels in image:
        seen = pixels[pixels.any(axis=-1)].astype(np.float64)
        number += len(seen)
        total += seen.sum(axis=0)
        squares += np.einsum("pc,pc->c", seen, seen)
    number = np.maximum(number, 1)
    return np.sqrt(np.maximum(squares / number - (total / number) ** 2, 0))
