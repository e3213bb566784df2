"""What pixels measure: brightness, contrast, saturation, noise."""

import numpy as np

from kerasseg.sample import Sample


def color_jitter(
    sample: Sample,
    rng: np.random.Generator,
    *,
    brightness: float = 0.2,
    contrast: float = 0.2,
    saturation: float = 0.2,
) -> Sample:
    """Change brightness, contrast and saturation, for any number of bands.

    Brightness scales all values, contrast scales them about the mean of the image,
    saturation about the mean of their pixel, each by `1 - strength` to `1 + strength`.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        brightness: Strength, from 0 (none) to 1.
        contrast: Strength, from 0 (none) to 1.
        saturation: Strength, from 0 (none) to 1. One band has no saturation.
    """
    bright, contrasted, saturated = 1 + np.array(
        [rng.uniform(-s, s) for s in (brightness, contrast, saturation)]
    )
    image, bands = sample["image"], sample["image"].shape[-1]
    # The three steps are linear in the bands of a pixel: one matrix, one offset.
    mix = saturated * np.eye(bands) + (1 - saturated) / bands
    offset = (1 - contrasted) * bright * image.mean(dtype=np.float64)
    changed = image.astype(np.float32) @ (bright * contrasted * mix).astype(np.float32)
    return {**sample, "image": stored(changed + np.float32(offset), image.dtype)}


def noise(
    sample: Sample,
    rng: np.random.Generator,
    *,
    deviation: float = 5.0,
    probability: float = 0.25,
) -> Sample:
    """Add normal noise to some images, or to some dates of a series.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        deviation: Standard deviation of the noise, in the units of the stored image.
        probability: Share of the images, or of the dates, that get noise.

    Source:
        The HiPC 2024 benchmark of U-TAE, which wrote noise into 25 % of the files;
        here it is drawn anew in every epoch.
    """
    image = sample["image"].reshape(-1, *sample["image"].shape[-3:])  # (T, H, W, C)
    noisy = np.flatnonzero(rng.random(len(image)) < probability)
    if not len(noisy):
        return sample
    image = image.copy()
    for date in noisy:
        drawn = rng.standard_normal(image.shape[1:], np.float32) * np.float32(deviation)
        image[date] = stored(image[date] + drawn, image.dtype)
    return {**sample, "image": image.reshape(sample["image"].shape)}


def stored(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return to the stored type: integers are rounded and kept in their range."""
    if dtype.kind == "f":
        return values.astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return np.clip(np.rint(values), low, high).astype(dtype)
