"""Cut a scene into batches of windows, with every pixel read from disk once."""

import itertools
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from kerasseg.predict.blending import Axis, Block
from kerasseg.predict.dated import Dated
from kerasseg.raster import Info, Stack, Window, is_measured

_TYPES = {"uint8", "int8", "uint16", "int16", "int32", "float32"}
"""What goes to the device as it is. Others, which JAX has not, become float32."""


@dataclass(frozen=True)
class Place:
    """Where a window lies, and what it holds.

    Args:
        block: The block it belongs to.
        row: Its row among the windows of the scene.
        column: Its column among them.
        observed: Which pixels hold data, bool, cropped to the scene.
    """

    block: int
    row: int
    column: int
    observed: np.ndarray

    @property
    def name(self) -> tuple[int, int, int]:
        return self.block, self.row, self.column


def match_bands(info: Info, wanted: Sequence[str]) -> list[int]:
    """Find the bands that a model reads in a scene, by name or else in order.

    Names count where both sides have them: `band_1`, `band_2`, ... are no names. A
    scene may then have more bands than the model reads, in any order.

    Raises:
        ValueError: If a band is missing. The message names those of both sides.
    """
    if info.palette is not None:
        raise ValueError(
            f"{info.path}: a palette image, whose values are numbers of colours. "
            "Give the bands themselves: `gdal_translate -expand rgb` makes colours of "
            "it."
        )
    known = {name.lower(): position for position, name in enumerate(info.bands)}
    names = [name.lower() for name in wanted]
    if any(name.startswith("band_") for name in (*known, *names)):
        if info.count == len(names):
            return list(range(info.count))
    elif set(names) <= set(known):
        _refuse_twins(info, names)
        return [known[name] for name in names]
    raise ValueError(
        f"{info.path}: {info.count} bands ({', '.join(info.bands)}), but the model "
        f"reads {len(names)} ({', '.join(wanted)}). Give a raster with these bands; "
        "a band is called by its description, a file of one band by its own name. "
        "`kerasseg prepare stack SCENE NAMED.tif --band NAME ...` names them."
    )


def _refuse_twins(info: Info, wanted: Sequence[str]) -> None:
    here = [name.lower() for name in info.bands]
    for name in wanted:
        if here.count(name) > 1:
            raise ValueError(
                f"{info.path}: {here.count(name)} of its bands are called {name}, so "
                "which one the model is to read is not known. Name each band once, "
                "with `kerasseg prepare stack SCENE NAMED.tif --band NAME ...`."
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

    @property
    def count(self) -> int:
        """Number of windows, those without data included."""
        return len(self.rows.starts) * len(self.columns.starts)

    def batches(
        self, size: int, todo: Sequence[Block], before: Sequence[Sequence[int]] = ()
    ) -> Generator[tuple[np.ndarray, list[Place]]]:
        """Give images `(size, window, window, C)` and where each of them lies.

        A last batch that is not full is filled up with an image repeated. Windows
        that hold no data at all are left out.

        Args:
            size: Windows of a batch.
            todo: The blocks, in order.
            before: Windows of earlier blocks, as (block, row, column), that share
                the first batch, so that it is the one that it was before an
                interruption: its answers may depend on its size in the last digit.
        """
        held: list[tuple[np.ndarray, Place]] = []
        again = (self._window(*each) for each in before)
        for image, place in itertools.chain(again, *map(self._windows, todo)):
            held.append((image, place))
            if len(held) == size:
                yield np.stack([image for image, _ in held]), [p for _, p in held]
                held = []
        if held:
            images = np.stack([image for image, _ in held])
            missing = size - len(held)
            images = np.concatenate([images, np.repeat(images[:1], missing, axis=0)])
            yield images, [place for _, place in held]

    def _window(self, block: int, row: int, column: int) -> tuple[np.ndarray, Place]:
        """Read one window alone."""
        top, left = self.rows.starts[row], self.columns.starts[column]
        bottom = min(top + self.rows.window, self.rows.length)
        right = min(left + self.columns.window, self.columns.length)
        pixels, observed = self._read(Window(top, left, bottom - top, right - left))
        return self._padded(pixels), Place(block, row, column, observed)

    def _windows(self, block: Block) -> Generator[tuple[np.ndarray, Place]]:
        for row, (pixels, observed) in self._bands_of_rows(block):
            for column in range(block.columns.first, block.columns.last):
                left = self.columns.starts[column] - block.columns.start
                across = slice(left, left + self.columns.window)
                if observed[:, across].any():
                    image = self._padded(pixels[:, across])
                    place = Place(block.index, row, column, observed[:, across])
                    yield image, place

    def _bands_of_rows(
        self, block: Block
    ) -> Generator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
        """Read the rows of each row of windows; those shared with the last are kept."""
        left, width = block.columns.start, block.columns.end - block.columns.start
        top, read = 0, block.rows.start
        pixels = observed = None
        for row in range(block.rows.first, block.rows.last):
            start = self.rows.starts[row]
            end = min(start + self.rows.window, self.rows.length)
            more_pixels, more_observed = self._read(
                Window(read, left, end - read, width)
            )
            if pixels is not None:
                more_pixels = np.concatenate([pixels[start - top :], more_pixels])
                more_observed = np.concatenate([observed[start - top :], more_observed])
            pixels, observed, top, read = more_pixels, more_observed, start, end
            yield row, (pixels, observed)

    def _read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        pixels = self.stack.read(window, self.bands)
        observed = self.stack.observed(window)
        if pixels.dtype.name not in _TYPES:
            with np.errstate(over="ignore"):  # what is too large holds no data
                pixels = pixels.astype(np.float32)
        if pixels.dtype.kind == "f":
            measured = is_measured(pixels)
            observed &= measured.any(axis=-1)
            pixels = np.where(measured, pixels, np.float32(self.fill))
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
