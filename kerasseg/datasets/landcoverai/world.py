"""A painted landscape in place of LandCover.ai, for tests and first trials.

Parcels with furrows, woods of single crowns, lakes and a river, roads, and farms along
them with roofs and shadows; season, light and haze differ from scene to scene. Colours
of different classes overlap on purpose (dark woods and water, grey roofs and asphalt,
meadows and woods, dirt roads and stubble): what a pixel is, its surroundings tell.
"""

import cv2
import numpy as np

from kerasseg.datasets.landcoverai import painting, shapes, village
from kerasseg.datasets.landcoverai.scene import BACKGROUND, WATER, WOODLAND, Scene


def paint(
    rng: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return photograph, uint8 `(H, W, 3)`, and label, uint8 `(H, W)`."""
    scene = Scene(rng, height, width)
    _fields(scene)
    _woods(scene)
    _water(scene)
    village.build_roads(scene)
    village.build_farms(scene)
    warmth, gain = rng.normal(0, 0.04), rng.uniform(0.85, 1.12)
    return painting.develop(rng, scene.image, warmth, gain), scene.label


def _fields(scene: Scene) -> None:
    """Cut the land into parcels, turned by one angle, each with its own crop."""
    rng, shape = scene.rng, scene.shape
    bend = 3 * painting.noise(rng, shape, 160)
    grain = painting.noise(rng, shape, 3) + painting.noise(rng, shape, 9)
    patchy = painting.noise(rng, shape, 60)
    turn = rng.uniform(0, np.pi)
    span = int(1.5 * max(shape))
    for rows, columns in shapes.parcels(rng, span, span):
        corners = shapes.turned(shape, turn, rows, columns, span)
        around = shapes.around(corners, shape, margin=1)
        if around is None:
            continue
        where = shapes.filled(shape, corners)[around]
        color = scene.season.fields[rng.integers(len(scene.season.fields))]
        color = np.asarray(color, np.float32) * rng.normal(1, 0.06)
        color = color * rng.normal(1, 0.03, 3).astype(np.float32)
        along = turn + (np.pi / 2 if rng.random() < 0.5 else 0)
        period, strength = rng.uniform(7, 13), rng.choice((0, 3, 8, 14))
        furrows = painting.waves(where.shape, along, period, bend[around])
        detail = rng.uniform(2, 5) * grain[around] + 5 * patchy[around]
        detail += strength * furrows
        painting.lay(scene.image[around], where, color + detail[..., None])


def _woods(scene: Scene) -> None:
    """Grow woods where slow noise is high, ragged at the edge; shade falls beside."""
    rng, shape = scene.rng, scene.shape
    field = painting.noise(rng, shape, 190) + 0.25 * painting.noise(rng, shape, 22)
    where = field > np.quantile(field, 1 - rng.uniform(0.2, 0.4))
    where = shapes.without_crumbs(where, 11)
    painting.darken(scene.image, painting.cast(where, scene.sun, 9), 0.55)
    crowns = painting.crowns(rng, shape, int(rng.integers(10, 15)), scene.sun)
    mixed = 1 + 0.1 * painting.noise(rng, shape, 45)
    leaves = np.asarray(scene.season.wood, np.float32) * rng.normal(1, 0.06, 3)
    shaded = np.maximum(crowns * mixed, 0.3)[..., None] * leaves
    painting.lay(scene.image, where, shaded)
    scene.label[where] = WOODLAND


def _water(scene: Scene) -> None:
    """Lay a lake or two and often a river, with reeds along the bank."""
    rng, shape = scene.rng, scene.shape
    field = painting.noise(rng, shape, 150) + 0.08 * painting.noise(rng, shape, 30)
    where = field > np.quantile(field, 1 - rng.uniform(0.05, 0.14))
    if rng.random() < 0.6:
        where |= shapes.strip(
            shape, shapes.path(rng, shape, bend=0.2), int(rng.integers(26, 60))
        )
    where = shapes.without_crumbs(where, 15)
    bank = cv2.dilate(where.astype(np.uint8), np.ones((9, 9))).astype(bool) & ~where
    reeds = np.float32((104, 112, 66)) + 10 * painting.noise(rng, shape, 4)[..., None]
    painting.lay(scene.image, bank, reeds)
    scene.label[bank] = BACKGROUND
    color = np.asarray(scene.season.water, np.float32) * rng.normal(1, 0.1, 3)
    depth = 5 * painting.noise(rng, shape, 120) + 1.5 * painting.noise(rng, shape, 5)
    if rng.random() < 0.3:  # The sun glints on waves
        glint = painting.waves(shape, rng.uniform(0, np.pi), 6, 9 * depth)
        depth = depth + 12 * np.maximum(glint, 0)
    painting.lay(scene.image, where, color + depth[..., None])
    scene.label[where] = WATER
