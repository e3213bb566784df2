"""Paint one place through a season, as Sentinel-2 would have seen it."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from kerasseg.datasets.landcoverai.painting import noise
from kerasseg.datasets.phenology import crops, land, sky

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
START = np.datetime64("2018-09-01")

# Reflectance times 10,000, rough values of each band.
_SOIL = (900, 1200, 1600, 1900, 2100, 2300, 2500, 2650, 3300, 2900)
_LEAVES = (250, 550, 300, 900, 2900, 3700, 3900, 4000, 1900, 900)
_STRAW = (800, 1300, 1800, 2200, 2600, 2800, 3000, 3200, 3500, 2700)
_SNOW = (8800, 9000, 9000, 8900, 8600, 8400, 8200, 7800, 1200, 900)
_CLOUD = (6800, 6500, 6400, 6500, 6700, 6800, 6900, 7000, 4800, 3600)


@dataclass(frozen=True, eq=False)
class Scene:
    """What was seen of one place, and what was there.

    Args:
        image: int16 `(T, C, H, W)`, reflectance times 10,000, in the order of `BANDS`.
        label: uint8 `(H, W)`.
        dates: `datetime64[D]` `(T,)`, rising, at odd intervals.
        parcels: int32 `(H, W)`, 0 for tracks.
    """

    image: np.ndarray
    label: np.ndarray
    dates: np.ndarray
    parcels: np.ndarray

    def stamps(self) -> dict[str, int]:
        """Return dates as PASTIS writes them: `{"0": 20180917, ...}`."""
        stamps = (str(date).replace("-", "") for date in self.dates)
        return {str(place): int(stamp) for place, stamp in enumerate(stamps)}


def paint(
    rng: np.random.Generator,
    size: int,
    grown: Mapping[int, str],
    *,
    void: int,
    dates: int = 24,
) -> Scene:
    """Paint a place.

    Args:
        rng: Which place.
        size: Pixels of 10 m along a side.
        grown: The crop of each label value, names of `crops.CROPS`. What is no crop has
            label 0.
        void: The label of some parcels that reach beyond the edge.
        dates: How many there are, more or less.
    """
    days = sky.days(rng, dates)
    numbers = land.parcels(rng, size)
    values = _sown(rng, int(numbers.max()) + 1, list(grown))
    late = rng.normal(0, 3)
    covers = [
        crops.cover(rng, crops.CROPS[grown[value]], days, late)
        if value in grown
        else crops.evergreen(rng, days)
        for value in values.tolist()
    ]
    image = _seen(rng, numbers, np.array(covers), days)
    unknown = [n for n in sorted(land.at_the_edge(numbers)) if rng.random() < 0.1]
    values[unknown] = void
    return Scene(image, values[numbers].astype(np.uint8), START + days, numbers)


def _sown(rng: np.random.Generator, count: int, values: list[int]) -> np.ndarray:
    """Return the label of each parcel; all are about equally frequent."""
    every = [0, *values]
    turns = [rng.permutation(every) for _ in range(-(-count // len(every)))]
    sown = np.concatenate(turns)[:count]
    sown[land.TRACK] = 0
    return sown


def _seen(
    rng: np.random.Generator, numbers: np.ndarray, covers: np.ndarray, days: np.ndarray
) -> np.ndarray:
    """Return the image, int16 `(T, C, H, W)`, of fields with covers `(P, 2, T)`."""
    size, count = len(numbers), len(covers)
    soil = (np.array(_SOIL) * rng.uniform(0.75, 1.25, (count, 1)))[numbers]
    leaves = (np.array(_LEAVES) * rng.normal(1, 0.05, (count, 1)))[numbers]
    patchy = 1 + 0.06 * noise(rng, numbers.shape, 6)
    image = np.empty((len(days), len(BANDS), size, size), np.int16)
    for position, day in enumerate(days.tolist()):
        green = np.clip(covers[:, 0, position][numbers] * patchy, 0, 1)[..., None]
        dry = np.minimum(covers[:, 1, position][numbers][..., None], 1 - green)
        bare = (1 - green - dry) * rng.uniform(0.85, 1.1)  # Wet soil is darker.
        pixels = bare * soil + green * leaves + dry * np.array(_STRAW)
        pixels = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 0.6)
        pixels = _through_the_air(rng, pixels, day)
        image[position] = np.clip(pixels, 1, 20_000).transpose(2, 0, 1)
    return image


def _through_the_air(
    rng: np.random.Generator, pixels: np.ndarray, day: int
) -> np.ndarray:
    size = len(pixels)
    white = sky.snow(rng, day, size)[..., None]
    opaque, shade = (layer[..., None] for layer in sky.clouds(rng, size))
    pixels = pixels + white * (np.array(_SNOW) - pixels)
    pixels = pixels * (1 - 0.6 * shade) * rng.normal(1, 0.02)
    pixels = pixels + opaque * (np.array(_CLOUD) * rng.uniform(0.7, 1.3) - pixels)
    return pixels + rng.normal(0, 40, pixels.shape)
