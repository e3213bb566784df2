"""Textures of a painted landscape: noise, furrows, crowns, roofs and light.

All work on float32 arrays, colours 0 to 255, from a random generator that is given.
"""

import cv2
import numpy as np

Color = tuple[float, float, float]


def noise(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> np.ndarray:
    """Return smooth noise `(H, W)` of mean 0 and spread 1, its bumps `cell` wide."""
    height, width = shape
    coarse = rng.standard_normal((height // cell + 4, width // cell + 4))
    size = (coarse.shape[1] * cell, coarse.shape[0] * cell)
    fine = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    row, column = rng.integers(0, cell, 2)
    part = fine[row : row + height, column : column + width]
    return (part - part.mean()) / (part.std() + 1e-6)


def waves(
    shape: tuple[int, int], angle: float, period: float, bend: np.ndarray
) -> np.ndarray:
    """Return stripes `(H, W)` from -1 to 1 that run along an angle in radians."""
    rows, columns = np.indices(shape, np.float32)
    across = np.cos(angle) * rows - np.sin(angle) * columns + bend
    return np.sin(across * np.float32(2 * np.pi / period))


def crowns(
    rng: np.random.Generator, shape: tuple[int, int], spacing: int, sun: np.ndarray
) -> np.ndarray:
    """Return the shading of tree crowns `(H, W)`, about 1, dark in the gaps.

    Each pixel belongs to the nearest stem; the side towards the sun is brighter.

    Args:
        rng: Where stems stand, and how bright each crown is.
        shape: Height and width.
        spacing: Pixels from stem to stem.
        sun: Unit vector (row, column) towards the sun.
    """
    height, width = shape
    grid = np.mgrid[0:height:spacing, 0:width:spacing].reshape(2, -1).T
    stems = grid + rng.uniform(0, spacing, grid.shape)
    stems = np.minimum(stems, (height - 1, width - 1)).astype(int)
    empty = np.ones(shape, np.uint8)
    empty[tuple(stems.T)] = 0
    distance, nearest = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros((nearest.max() + 1, 2), np.float32)
    places[nearest[tuple(stems.T)]] = stems
    own = rng.normal(1, 0.12, len(places)).astype(np.float32)
    offset = np.indices(shape, np.float32) - np.moveaxis(places[nearest], -1, 0)
    lit = (offset[0] * sun[0] + offset[1] * sun[1]) / spacing
    return own[nearest] * (1.12 + 0.55 * lit - 0.75 * (distance / spacing) ** 2)


def lay(image: np.ndarray, where: np.ndarray, color: Color | np.ndarray) -> None:
    """Paint a colour, `(3,)` or `(H, W, 3)`, where a bool `(H, W)` says."""
    color = np.broadcast_to(np.asarray(color, np.float32), image.shape)
    image[where] = color[where]


def darken(image: np.ndarray, where: np.ndarray, factor: float) -> None:
    """Put the pixels a bool `(H, W)` names into the shade, bluer than in the sun."""
    image[where] *= np.asarray((factor, factor, factor * 1.12), np.float32)


def shifted(where: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Move a bool `(H, W)` by (rows, columns), False coming in at the border."""
    height, width = where.shape
    matrix = np.float32([[1, 0, by[1]], [0, 1, by[0]]])
    moved = cv2.warpAffine(where.astype(np.uint8), matrix, (width, height), flags=0)
    return moved.astype(bool)


def cast(where: np.ndarray, sun: np.ndarray, length: int) -> np.ndarray:
    """Return the shadow that something `length` pixels of shade high throws."""
    shade = np.zeros_like(where)
    for step in range(1, length + 1):
        shade |= shifted(where, -step * sun)
    return shade & ~where


def develop(
    rng: np.random.Generator, image: np.ndarray, warmth: float, gain: float
) -> np.ndarray:
    """Return the photograph, uint8: light, haze, the blur of a lens, and grain."""
    shape = image.shape[:2]
    tint = np.float32([1 + warmth, 1, 1 - warmth]) * np.float32(gain)
    image = image * tint + rng.uniform(0, 10)
    image *= (1 + 0.04 * noise(rng, shape, 400))[..., None]
    grey = image.mean(axis=-1, keepdims=True)
    image += rng.uniform(0.05, 0.25) * (grey - image)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 0.9))
    grain = rng.standard_normal(image.shape, np.float32)
    return np.clip(image + 3.5 * grain, 0, 255).astype(np.uint8)
