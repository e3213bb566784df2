"""Where pixels lie: mirrored, turned, shifted, cut.

Resampling is OpenCV's, not called through albumentations: its transforms keep a random
state of their own, and split bands into groups that differ in exactness (see `_warp`).
"""

from functools import partial
from typing import Literal

import cv2
import numpy as np

from kerasseg.legend import IGNORE
from kerasseg.sample import Sample


def flip(
    sample: Sample,
    rng: np.random.Generator,
    *,
    horizontal: float = 0.5,
    vertical: float = 0.5,
) -> Sample:
    """Mirror left to right and top to bottom.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        horizontal: Probability of swapping left and right.
        vertical: Probability of swapping top and bottom.
    """
    columns = slice(None, None, -1 if rng.random() < horizontal else 1)
    rows = slice(None, None, -1 if rng.random() < vertical else 1)
    image = sample["image"][..., rows, columns, :]
    return {**sample, "image": image, "label": sample["label"][rows, columns]}


def quarter_turn(sample: Sample, rng: np.random.Generator) -> Sample:
    """Turn by 0, 90, 180 or 270 degrees, each as likely.

    A sample that is not square is turned by 0 or 180 degrees only, so that it keeps
    its shape and still fits its batch.
    """
    height, width = sample["label"].shape
    turns = int(rng.integers(4)) if height == width else 2 * int(rng.integers(2))
    image = np.rot90(sample["image"], turns, axes=(-3, -2))
    return {**sample, "image": image, "label": np.rot90(sample["label"], turns)}


def affine(
    sample: Sample,
    rng: np.random.Generator,
    *,
    rotation: float = 90.0,
    vertical_shift: float = 0.9,
    horizontal_shift: float = 0.9,
    flips: bool = True,
    border: Literal["reflect", "ignore"] = "reflect",
) -> Sample:
    """Turn, shift and mirror about the centre, the way Keras' ImageDataGenerator does.

    The defaults are the published set of the LandCover.ai experiment. What lies
    outside the image is its mirror image, the edge pixel repeated
    (`dcba|abcd|dcba`).

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        rotation: Largest angle in degrees, drawn evenly from minus to plus.
        vertical_shift: Largest shift as a share of the height.
        horizontal_shift: Largest shift as a share of the width.
        flips: Whether to mirror each axis half of the time, after the rest.
        border: What the label says outside the image: the mirrored class, or nothing
            (`legend.IGNORE`).

    Source:
        `ImageDataGenerator` of Keras 2, kept in Keras 3 as a legacy module. It
        resamples labels linearly and truncates, which invents classes along borders;
        here labels take the nearest pixel.
    """
    height, width = shape = sample["label"].shape
    angle = np.deg2rad(rng.uniform(-rotation, rotation))
    down = rng.uniform(-vertical_shift, vertical_shift) * height
    right = rng.uniform(-horizontal_shift, horizontal_shift) * width
    mirrored = rng.random(2) < 0.5 if flips else np.zeros(2, bool)
    matrix = _centred(angle, down, right, mirrored, shape)

    images = sample["image"].reshape(-1, *sample["image"].shape[-3:])
    moved = np.stack([_warp(image, matrix, cv2.INTER_LINEAR) for image in images])
    beyond = None if border == "reflect" else IGNORE
    label = _warp(sample["label"][..., None], matrix, cv2.INTER_NEAREST, beyond)
    moved = moved.reshape(sample["image"].shape)
    return {**sample, "image": moved, "label": label[..., 0]}


def random_crop(sample: Sample, rng: np.random.Generator, *, size: int = 256) -> Sample:
    """Cut out a square at a random place.

    Args:
        sample: Image and label.
        rng: Where the draws come from.
        size: Side of the square, in pixels.

    Raises:
        ValueError: If the sample is smaller than the square.
    """
    height, width = sample["label"].shape
    if min(height, width) < size or size < 1:
        raise ValueError(
            f"random_crop: size {size} does not fit samples of {height} x {width} "
            f"pixels. Choose a size from 1 to {min(height, width)}."
        )
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    rows, columns = slice(top, top + size), slice(left, left + size)
    image = sample["image"][..., rows, columns, :]
    return {**sample, "image": image, "label": sample["label"][rows, columns]}


def _centred(
    angle: float, down: float, right: float, mirrored: np.ndarray, shape: tuple
) -> np.ndarray:
    """Return the matrix from (x, y) of the answer to (x, y) of the sample, (2, 3)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    # In rows and columns: the angle turns rows towards columns, after the shift.
    turn = np.array([[cosine, -sine], [sine, cosine]])
    centre = np.array(shape) / 2 - 0.5
    linear = turn * np.where(mirrored, -1, 1)
    offset = turn @ (down, right) + centre - linear @ centre
    return np.column_stack([linear[::-1, ::-1], offset[::-1]])


def _warp(
    image: np.ndarray, matrix: np.ndarray, resampling: int, outside: int | None = None
) -> np.ndarray:
    """Resample `(H, W, C)`; `outside` is written beyond the border, `None` mirrors."""
    if image.dtype == np.int16:
        # OpenCV rounds coordinates of int16 to 1/32 pixel, those of uint16 not at all.
        lifted = (image.view(np.uint16) ^ 0x8000).astype(np.uint16)
        return (_warp(lifted, matrix, resampling) ^ 0x8000).view(np.int16)
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        raise ValueError(
            f"affine: image of type {image.dtype}. Store images as uint8, uint16, "
            "int16 or float32."
        )
    warp = partial(
        cv2.warpAffine,
        M=matrix,
        dsize=image.shape[1::-1],
        flags=resampling | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT if outside is None else cv2.BORDER_CONSTANT,
        borderValue=outside or 0,
    )
    # OpenCV is exact for 1, 3 and 4 bands. For others it rounds coordinates to 1/32
    # pixel, and takes wrong neighbours for nearest: hand it groups it is exact for.
    fours, rest = divmod(image.shape[-1], 4)
    groups = [4] * fours + ([3] if rest == 3 else [1] * rest)
    parts = np.split(image, np.cumsum(groups)[:-1], axis=-1)
    return np.concatenate([warp(part).reshape(part.shape) for part in parts], axis=-1)
