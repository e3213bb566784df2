"""When fields are green: sums of logistic rises and falls, day by day.

Days count from September 1 of the year before harvest.

Source:
    Zhang et al., Monitoring vegetation phenology using MODIS, Remote Sensing of
    Environment 84, 2003, https://doi.org/10.1016/S0034-4257(02)00135-9, for the double
    logistic curve. Dates are rough, of Central Europe.
"""

from dataclasses import dataclass

import numpy as np

TOP = 0.95
"""The largest share of ground that leaves cover, the same for all crops."""


@dataclass(frozen=True)
class Crop:
    """One crop.

    Args:
        steps: (day, change of cover, days that the change takes), in order of time.
        mown: Whether it is cut and grows again, instead of getting ripe.
        free_in_winter: Whether something else may be green before it is sown.
    """

    steps: tuple[tuple[float, float, float], ...]
    mown: bool = False
    free_in_winter: bool = False


def _summer(rise: float, fall: float) -> Crop:
    return Crop(((rise, TOP, 9), (fall, -TOP, 7)), free_in_winter=True)


CROPS = {
    "meadow": Crop(((-40, 0.75, 15), (95, -0.25, 12), (200, 0.45, 12)), mown=True),
    "winter wheat": Crop(((75, 0.35, 10), (200, TOP - 0.35, 9), (303, -TOP, 6))),
    "winter barley": Crop(((60, 0.45, 10), (190, TOP - 0.45, 9), (277, -TOP, 6))),
    "rapeseed": Crop(
        (
            (32, 0.8, 8),
            (112, -0.35, 10),
            (182, TOP - 0.45, 8),
            (226, -0.35, 5),
            (246, 0.35, 5),
            (290, -TOP, 6),
        )
    ),
    "spring barley": _summer(233, 306),
    "sunflower": _summer(283, 347),
    "corn": _summer(287, 386),
    "beet": _summer(281, 428),
}


def cover(
    rng: np.random.Generator, crop: Crop, days: np.ndarray, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of green and of dry cover of one field, both `(T,)`.

    Args:
        rng: How this field differs from others of its crop.
        crop: What grows on it.
        days: Since September 1, `(T,)`.
        shift: Days by which all fields around are late.
    """
    late = shift + rng.normal(0, 5)
    vigour = rng.uniform(0.9, 1.0)
    green = np.zeros(len(days))
    dry = np.zeros(len(days))
    for day, change, pace in crop.steps:
        green += vigour * change * _rise(days, day + late + rng.normal(0, 2.5), pace)
    if crop.mown:
        green -= _mown(rng, days, late)
    else:
        ripe, _, pace = crop.steps[-1]
        cut = ripe + late + rng.uniform(8, 25)
        dry += 0.9 * (_rise(days, ripe + late + 3, pace) - _rise(days, cut, 2))
        green += _volunteers(rng, days, cut)
    green += _before(rng, days, crop.free_in_winter)
    return np.clip(green, 0.03, 1), np.clip(dry, 0, 1)


def evergreen(rng: np.random.Generator, days: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return green and dry cover of what is no crop, `(T,)`: much the same all year."""
    wave = rng.uniform(0, 0.08) * np.cos((days - 290) * 2 * np.pi / 365)
    return np.clip(rng.uniform(0.05, 0.9) + wave, 0, 1), np.zeros(len(days))


def _rise(days: np.ndarray, middle: float, pace: float) -> np.ndarray:
    return 1 / (1 + np.exp(np.clip((middle - days) / pace, -50, 50)))


def _mown(rng: np.random.Generator, days: np.ndarray, late: float) -> np.ndarray:
    """Return how much cover the cuts of a meadow take away."""
    taken = np.zeros(len(days))
    for day in (255, 302, 350):
        cut = day + late + rng.normal(0, 8)
        taken += 0.6 * (_rise(days, cut, 1.5) - _rise(days, cut + 22, 5))
    return taken


def _volunteers(rng: np.random.Generator, days: np.ndarray, cut: float) -> np.ndarray:
    """Return what comes up on two fields of five after harvest."""
    share = rng.uniform(0.3, 0.7) if rng.random() < 0.4 else 0
    return share * _rise(days, cut + rng.uniform(25, 45), 7)


def _before(rng: np.random.Generator, days: np.ndarray, free: bool) -> np.ndarray:
    """Return what is left of the year before, or was sown to cover the soil."""
    left = rng.uniform(0.2, 0.7) if rng.random() < 0.5 else 0
    green = left * (1 - _rise(days, rng.uniform(10, 30), 5))
    if free and rng.random() < 0.5:
        share = rng.uniform(0.4, 0.8)
        end = rng.uniform(150, 190)
        green += share * (_rise(days, rng.uniform(35, 70), 9) - _rise(days, end, 6))
    return green
