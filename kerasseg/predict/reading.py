"""Cut a scene into batches of windows, with every pixel read from disk once."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from kerasseg.predict.blending import Axis
from kerasseg.predict.dated import Dated
from kerasseg.raster import Info, Stack, Window

_TYPES = {"uint8", "int8", "uint16", "int16", "int32", "float32"}
"""What goes to the device as it is. Others, which JAX has not, become float32."""


@dataclass
class Place:
    """Where a window lies: its row and column among the windows, and what it holds."""

    row: int
    column: int
    observed: np.ndarray
    """Which pixels hold data, bool, cropped to the scene."""


def match_bands(info: Info, wanted: Sequence[str]) -> list[int]:
    """Find the bands that a model reads in a scene, by name or else in order.

    Names count where both sides have them: `band_1`, `band_2`, ... are no names. A
    scene may then have more bands than the model reads, in any order.

    Raises:
        ValueError: If a band is missing. The message names those of both sides.
    """
    known = {name.lower(): position for position, name in enumerate(info.bands)}
    names = [name.lower() for name in wanted]
    if any(name.startswith("band_") for name in (*known, *names)):
        if info.count == len(names):
            return list(range(info.count))
    elif set(names) <= set(known):
        return [known[name] for name in names]
    raise ValueError(
        f"{info.path}: {info.count} bands ({', '.join(info.bands)}), but the model "
        f"reads {len(names)} ({', '.join(wanted)}). Give a raster with these bands; "
        "a band is called by its description, a file of one band by its own name."
    )


@dataclass
class Scene:
    """A raster, and the windows it is cut into.

    Args:
        stack: The open raster, or the dates of one.
        bands: Positions of the bands to read.
        fill: What stands where a pixel holds no data, one value per band.
        rows: The windows along the height.
        columns: The windows along the width.
    """

    stack: Stack | Dated
    bands: list[int]
    fill: Sequence[float]
    rows: Axis
    columns: Axis

    def batches(self, size: int) -> Generator[tuple[np.ndarray, list[Place]]]:
        """Give images `(size, window, window, C)` and where each of them lies.

        A last batch that is not full is filled up with an image repeated. Windows
        that hold no data at all are left out.
        """
        held: list[tuple[np.ndarray, Place]] = []
        for image, place in self._windows():
            held.append((image, place))
            if len(held) == size:
                yield np.stack([image for image, _ in held]), [p for _, p in held]
                held = []
        if held:
            images = np.stack([image for image, _ in held])
            missing = size - len(held)
            images = np.concatenate([images, np.repeat(images[:1], missing, axis=0)])
            yield images, [place for _, place in held]

    def _windows(self) -> Generator[tuple[np.ndarray, Place]]:
        for row, (pixels, observed) in enumerate(self._bands_of_rows()):
            for column, left in enumerate(self.columns.starts):
                across = slice(left, left + self.columns.window)
                if observed[:, across].any():
                    image = self._padded(pixels[:, across])
                    yield image, Place(row, column, observed[:, across])

    def _bands_of_rows(self) -> Generator[tuple[np.ndarray, np.ndarray]]:
        """Read the rows of each row of windows; those shared with the last are kept."""
        top = read = 0
        pixels = observed = None
        for start in self.rows.starts:
            end = min(start + self.rows.window, self.rows.length)
            more_pixels, more_observed = self._read(read, end)
            if read:
                more_pixels = np.concatenate([pixels[start - top :], more_pixels])
                more_observed = np.concatenate([observed[start - top :], more_observed])
            pixels, observed, top, read = more_pixels, more_observed, start, end
            yield pixels, observed

    def _read(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        window = Window(start, 0, end - start, self.columns.length)
        pixels = self.stack.read(window, self.bands)
        observed = self.stack.observed(window)
        if pixels.dtype.name not in _TYPES:
            pixels = pixels.astype(np.float32)
        if pixels.dtype.kind == "f":
            finite = np.isfinite(pixels)
            observed &= finite.any(axis=-1)
            pixels = np.where(finite, pixels, np.float32(self.fill))
        if not observed.all():
            pixels[~observed] = _stored(self.fill, pixels.dtype)
        return pixels, observed

    def _padded(self, pixels: np.ndarray) -> np.ndarray:
        """Mirror a scene smaller than a window until it fills one."""
        missing = (
            self.rows.window - pixels.shape[0],
            self.columns.window - pixels.shape[1],
        )
        if not any(missing):
            return pixels
        return np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)], "reflect")


def _stored(values: Sequence[float], dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return np.array(values, dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.floor(np.add(values, 0.5)), limits.min, limits.max).astype(dtype)
