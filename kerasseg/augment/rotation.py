"""Turned by one angle of a list, each pixel taken from the nearest."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kerasseg.legend import IGNORE
from kerasseg.sample import Sample

# fmt: off
ANGLES = (
    180, 150, 120, 90, 75, 45, 25, 10, 0, 0,
    -180, -150, -120, -90, -75, -45, -25, -10, 0, 0,
)
# fmt: on


def rotation(
    sample: Sample,
    rng: np.random.Generator,
    *,
    angles: Sequence[float] = ANGLES,
    corners: Literal["ignore", "first_class"] = "ignore",
) -> Sample:
    """Turn about the centre; image and label take the nearest pixel.

    No value is mixed, so that a pixel keeps a spectrum that was measured. Corners that
    come from outside are 0 in the image.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        angles: Degrees to draw from, counter-clockwise, each entry as likely. The
            default is the published list.
        corners: What the label says there: nothing (`legend.IGNORE`), or class 0, as
            published.

    Source:
        The augmentation of Crop2Seg, which calls its corners background.
    """
    angle = np.deg2rad(angles[int(rng.integers(len(angles)))])
    height, width = sample["label"].shape
    down, across = np.mgrid[:height, :width]
    down, across = down - (height - 1) / 2, across - (width - 1) / 2
    rows = np.cos(angle) * down + np.sin(angle) * across + (height - 1) / 2
    columns = np.cos(angle) * across - np.sin(angle) * down + (width - 1) / 2
    # Quarter turns must be exact: rounding comes before the choice of a pixel.
    rows = np.floor(rows.round(6) + 0.5).astype(int)
    columns = np.floor(columns.round(6) + 0.5).astype(int)
    outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
    rows, columns = rows.clip(0, height - 1), columns.clip(0, width - 1)
    image = sample["image"][..., rows, columns, :]
    label = sample["label"][rows, columns]
    image[..., outside, :] = 0
    label[outside] = IGNORE if corners == "ignore" else 0
    return {**sample, "image": image, "label": label}
