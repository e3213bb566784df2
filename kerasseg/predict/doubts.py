"""What is warned of before a scene is mapped: it may not be what a model has learnt."""

import itertools
import warnings
from contextlib import suppress

import keras
import numpy as np

from kerasseg import artifact
from kerasseg.predict.dated import Dated
from kerasseg.predict.reading import Scene
from kerasseg.raster import Info, RasterError, Window, is_measured

_ALIKE = 1.25
"""How many times larger pixels may be than those of the training."""

_PLACES, _SIDE = 3, 64
"""Along each axis, where values are looked at, and pixels of each look."""

_FRACTION, _DEVIATIONS = 1 / 10, 20
"""Of the mean of the training below which, and standard deviations beyond which, all
bands of a scene lie only if they are stored in another unit. Water and snow do not."""


class ResolutionWarning(UserWarning):
    """The pixels of a scene are of another size than those of the training."""


class UnitWarning(UserWarning):
    """The values of a scene are of another order than those of the training."""


def warn(windows: Scene, model: keras.Model) -> None:
    """Warn of a scene whose map cannot be trusted."""
    info = windows.stack.info
    _warn_of_resolution(info, model)
    values = _values(windows, len(artifact.bands(model)))
    if len(values):
        _warn_of_unit(info, values, model)


def _warn_of_resolution(info: Info, model: keras.Model) -> None:
    here, trained = info.resolution, artifact.resolution(model)
    if here is None or trained is None or 1 / _ALIKE <= here / trained <= _ALIKE:
        return
    warnings.warn(
        f"{info.path}: pixels of {here:.3g} m, but the model was trained on "
        f"{trained:.3g} m. What it learnt to see has another size here; resample the "
        "scene first.",
        ResolutionWarning,
        stacklevel=3,
    )


def _warn_of_unit(info: Info, values: np.ndarray, model: keras.Model) -> None:
    mean, std = map(np.array, artifact.normalization(model))
    low, high = np.percentile(values, (2, 98), axis=0)
    least = np.where(mean > 0, _FRACTION * mean, mean - _DEVIATIONS * std)
    if (low <= mean + _DEVIATIONS * std).any() and (high >= least).any():
        return
    warnings.warn(
        f"{info.path}: {artifact.bands(model)[0]} holds values of {low[0]:.4g} to "
        f"{high[0]:.4g}, but the model was trained on {mean[0]:.4g} give or take "
        f"{std[0]:.4g}, and no other band is nearer. It may be stored in another unit; "
        "bring it to that of the training first.",
        UnitWarning,
        stacklevel=3,
    )


def _values(windows: Scene, bands: int) -> np.ndarray:
    """Look at places spread over a scene: observed values `(N, C)`, of all dates."""
    info, found = windows.stack.info, []
    for row, column in itertools.product(_starts(info.height), _starts(info.width)):
        window = Window(row, column, _SIDE, _SIDE).within(info.height, info.width)
        with suppress(RasterError):  # where it is damaged, the map will tell
            found.append(_held(windows, window, bands))
    return np.concatenate(found) if found else np.empty((0, bands))


def _held(windows: Scene, window: Window, bands: int) -> np.ndarray:
    pixels = windows.stack.read(window, windows.bands)
    pixels = pixels[windows.stack.observed(window)].reshape(-1, bands)
    pixels = pixels.astype(np.float64)
    is_held = is_measured(pixels).all(axis=1)
    if isinstance(windows.stack, Dated):
        is_held &= pixels.any(axis=1)  # dates without data
    return pixels[is_held]


def _starts(length: int) -> list[int]:
    beyond = max(length - _SIDE, 0)
    return sorted({index * beyond // (_PLACES - 1) for index in range(_PLACES)})
