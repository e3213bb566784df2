"""A scene being painted, its classes and its season."""

from dataclasses import dataclass

import numpy as np

from kerasseg.datasets.landcoverai.painting import Color

BACKGROUND, BUILDING, WOODLAND, WATER, ROAD = range(5)


@dataclass(frozen=True)
class Season:
    """The colours of a time of the year.

    Args:
        fields: Crops, meadows and soils.
        wood: Crowns in the sun.
        water: Open water.
    """

    fields: tuple[Color, ...]
    wood: Color
    water: Color


SEASONS = (
    Season(  # April
        ((98, 128, 66), (122, 146, 74), (150, 126, 100), (124, 104, 84), (84, 112, 60)),
        (82, 94, 62),
        (66, 84, 80),
    ),
    Season(  # June
        ((86, 116, 58), (112, 134, 70), (142, 148, 84), (176, 172, 80), (74, 102, 56)),
        (66, 90, 52),
        (54, 76, 62),
    ),
    Season(  # August
        (
            (182, 164, 112),
            (196, 178, 128),
            (98, 116, 64),
            (146, 124, 96),
            (120, 124, 74),
        ),
        (64, 82, 50),
        (70, 88, 66),
    ),
    Season(  # October
        ((134, 112, 86), (112, 92, 74), (104, 122, 66), (156, 140, 100), (90, 108, 60)),
        (104, 92, 54),
        (58, 70, 70),
    ),
)


class Scene:
    """A scene being painted: photograph and label grow together."""

    def __init__(self, rng: np.random.Generator, height: int, width: int):
        self.rng = rng
        self.shape = (height, width)
        self.season = SEASONS[rng.integers(len(SEASONS))]
        angle = rng.uniform(0.25, 0.75) * np.pi
        self.sun = np.array([np.sin(angle), np.cos(angle)], np.float32)
        self.image = np.zeros((height, width, 3), np.float32)
        self.label = np.zeros((height, width), np.uint8)
        self.roads: list[tuple[np.ndarray, int]] = []
