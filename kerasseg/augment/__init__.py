"""Augmentation: each function takes a sample and a generator, and returns a new sample.

What is drawn comes from the generator alone, so a sample is augmented the same way
whichever thread does it. Labels are never interpolated: a pixel keeps one of the
classes that were there, or becomes `legend.IGNORE`. Images keep their type and may
be one date `(H, W, C)` or a series `(T, H, W, C)`; all dates of a series move
together. Changes that are for series alone refuse one date.

What remote sensing needs exactly is here by name; all else that albumentations offers
is one name more, `albumentations`.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from kerasseg.augment.clouds import cloud_paste
from kerasseg.augment.gaussian import gaussian_noise
from kerasseg.augment.geometry import affine, flip, quarter_turn, random_crop
from kerasseg.augment.library import albumentations
from kerasseg.augment.radiometry import color_jitter, noise
from kerasseg.augment.rare import rare
from kerasseg.augment.rotation import rotation
from kerasseg.augment.temporal import date_jitter, max_dates, temporal_dropout
from kerasseg.sample import Sample, Transform

# The pipeline's threads work on several images; OpenCV's own would stand in their way.
cv2.setNumThreads(1)

__all__ = [
    "affine",
    "albumentations",
    "cloud_paste",
    "color_jitter",
    "date_jitter",
    "flip",
    "gaussian_noise",
    "max_dates",
    "noise",
    "quarter_turn",
    "random_crop",
    "rare",
    "rotation",
    "temporal_dropout",
]


def compose(transforms: Sequence[Transform]) -> Transform:
    """Make one transform of several, applied from first to last."""

    def composed(sample: Sample, rng: np.random.Generator) -> Sample:
        for transform in transforms:
            sample = transform(sample, rng)
        return sample

    return composed
