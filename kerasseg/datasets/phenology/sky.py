"""What comes between the satellite and the fields: gaps, clouds, shadows and snow."""

import numpy as np

from kerasseg.datasets.landcoverai.painting import noise

_REVISIT = 5
_SEASON = 435
"""Days from September 1 on, until November of the next year."""
_WINTER = (95, 175)


def days(rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw the days of observation, rising; about `number`, more of them in summer."""
    possible = np.arange(rng.integers(0, _REVISIT), _SEASON, _REVISIT)
    weight = 1 + 0.5 * np.cos((possible - 310) * 2 * np.pi / 365)
    kept = rng.random(len(possible)) < number * weight / weight.sum()
    kept[rng.choice(len(possible), 4, replace=False)] = True
    return possible[kept]


def clouds(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how much clouds hide and shade on one date, both `(H, W)`, 0 to 1."""
    none = np.zeros((size, size), np.float32)
    kind = rng.random()
    if kind < 0.6:
        return none, none
    reach = max(2, size // 6)
    field = noise(rng, (size + reach, size + reach), max(4, size // 3))
    field += 0.35 * noise(rng, field.shape, max(2, size // 10))
    share = rng.uniform(0.9, 1.0) if kind > 0.93 else rng.uniform(0.05, 0.6)
    opaque = np.clip(1.6 * (field - np.quantile(field, 1 - share)) + 0.1, 0, 1)
    # The sun stands in the south-east at ten: shadows fall to the north-west.
    return opaque[reach:, reach:], opaque[:size, :size] if share < 0.9 else none


def snow(rng: np.random.Generator, day: int, size: int) -> np.ndarray:
    """Return how much of the ground snow covers on one date, `(H, W)`, 0 to 1."""
    if not _WINTER[0] <= day <= _WINTER[1] or rng.random() > 0.25:
        return np.zeros((size, size), np.float32)
    patchy = noise(rng, (size, size), max(3, size // 8))
    return np.clip(rng.uniform(0.5, 1.3) + 0.3 * patchy, 0, 1).astype(np.float32)
