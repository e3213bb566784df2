"""What people build into a painted landscape: roads, and houses along them."""

import cv2
import numpy as np

from kerasseg.datasets.landcoverai import painting, shapes
from kerasseg.datasets.landcoverai.scene import (
    BACKGROUND,
    BUILDING,
    ROAD,
    WATER,
    WOODLAND,
    Scene,
)

ROOFS = (
    (158, 88, 70),  # tiles
    (122, 80, 66),  # old tiles
    (92, 92, 98),  # slate
    (138, 138, 140),  # fibre cement
    (196, 194, 190),  # sheet metal
    (104, 98, 84),  # moss
)
ASPHALT, CONCRETE, DIRT = (124, 122, 122), (164, 160, 152), (168, 146, 116)


def build_roads(scene: Scene) -> None:
    """Draw roads from border to border: asphalt, concrete, dirt."""
    rng, shape = scene.rng, scene.shape
    grass = np.float32((108, 122, 74)) + 8 * painting.noise(rng, shape, 5)[..., None]
    worn = 3 * painting.noise(rng, shape, 30) + 2.5 * painting.noise(rng, shape, 2)
    for number in range(int(rng.integers(5, 8))):
        paved = number < 3
        width = int(rng.integers(12, 17) if paved else rng.integers(8, 12))
        surface = (ASPHALT, CONCRETE)[rng.integers(2)] if paved else DIRT
        path = shapes.path(rng, shape, bend=0.08)
        verge = shapes.strip(shape, path, width + 8) & (scene.label != ROAD)
        painting.lay(scene.image, verge, grass)
        scene.label[verge] = BACKGROUND
        where = shapes.strip(shape, path, width)
        color = np.asarray(surface, np.float32) * rng.normal(1, 0.06)
        painting.lay(scene.image, where, color + worn[..., None])
        scene.label[where] = ROAD
        scene.roads.append((path, width))
        if paved:
            middle = path.round().astype(np.int32)
            cv2.polylines(scene.image, [middle], False, (198, 196, 188), 1)


def build_farms(scene: Scene) -> None:
    """Build along the roads, each house parallel to its own."""
    rng = scene.rng
    for path, width in scene.roads:
        steps = np.diff(path, axis=0)
        for place in range(3, len(path) - 3, int(rng.integers(4, 8))):
            ahead = steps[place] / (np.linalg.norm(steps[place]) + 1e-6)
            aside = np.array([-ahead[1], ahead[0]])
            for side in (-1, 1):
                if rng.random() < 0.45:
                    continue
                long, deep = rng.uniform(34, 76), rng.uniform(24, 44)
                away = width / 2 + deep / 2 + rng.uniform(10, 34)
                _house(scene, path[place] + side * away * aside, ahead, long, deep)


def _house(
    scene: Scene, middle: np.ndarray, ahead: np.ndarray, long: float, deep: float
) -> None:
    """Put one gabled house, points being (x, y), unless the ground is taken."""
    rng, shape = scene.rng, scene.shape
    aside = np.array([-ahead[1], ahead[0]])
    ends = np.outer([-1, 1, 1, -1], ahead) * long / 2
    walls = middle + ends + np.outer([-1, -1, 1, 1], aside) * deep / 2
    half = middle + ends + np.outer([0, 0, 1, 1], aside) * deep / 2
    around = shapes.around(walls, shape, margin=20)
    if around is None or min(scene.label[around].shape) < 40:
        return
    small, start = scene.label[around].shape, (around[1].start, around[0].start)
    house = shapes.filled(small, walls - start)
    ground = cv2.dilate(house.astype(np.uint8), np.ones((7, 7))).astype(bool)
    if np.isin(scene.label[around][ground], (BUILDING, WATER, ROAD)).any():
        return
    _mow(scene, around, house)
    photo = scene.image[around]
    shade = painting.cast(house, scene.sun, int(rng.integers(7, 13)))
    painting.darken(photo, shade & (scene.label[around] != BUILDING), 0.45)
    roof = np.asarray(ROOFS[rng.integers(len(ROOFS))], np.float32)
    roof = roof * np.float32(rng.normal(1, 0.07))
    rows = painting.waves(small, np.arctan2(ahead[1], ahead[0]), 5, np.float32(0))
    facing = 0.16 * float(aside @ scene.sun[::-1])
    painting.lay(photo, house, roof * (1 - facing) + 2.5 * rows[..., None])
    sunny = shapes.filled(small, half - start) & house
    painting.lay(photo, sunny, roof * (1 + facing) + 2.5 * rows[..., None])
    scene.label[around][house] = BUILDING


def _mow(scene: Scene, around: tuple[slice, slice], house: np.ndarray) -> None:
    """Put a lawn with a ragged edge around a house; it also clears woods."""
    rng, label = scene.rng, scene.label[around]
    reach = cv2.distanceTransform((~house).astype(np.uint8), cv2.DIST_L2, 3)
    yard = reach + 4 * painting.noise(rng, house.shape, 12) < 13
    yard &= (label == BACKGROUND) | (label == WOODLAND)
    lawn = np.float32((112, 124, 80)) * np.float32(rng.normal(1, 0.05, 3))
    speckle = 7 * painting.noise(rng, house.shape, 4)[..., None]
    painting.lay(scene.image[around], yard, lawn + speckle)
    label[yard] = BACKGROUND
