"""Labels of a scene, and the patches that hold some."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.legend import IGNORE, Legend, LegendError
from kerasseg.raster import Window


def describe(path: Path) -> raster.Info:
    """Describe a raster of labels.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If its pixels are not one whole number each.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"no labels at {path}. Correct `root`, or name them with `labels`."
        )
    about = raster.info(path)
    if about.count != 1 or np.dtype(about.dtype).kind not in "ui":
        raise ValueError(
            f"{path}: {about.count} bands of {about.dtype}. Labels are one band of "
            "whole numbers."
        )
    return about


def read(
    source: Path | raster.Stack, label: raster.Info, legend: Legend, window: Window
) -> np.ndarray:
    """Read class indices of a window, uint8 `(H, W)`.

    The raster's nodata value is ignored where the legend does not name it.

    Args:
        source: The raster, open or not.
        label: What is known of it.
        legend: What its values mean.
        window: It must lie inside.

    Raises:
        LegendError: If a value is not in the legend.
    """
    values = raster.read_label(source, window)
    entries = (*legend.classes, *legend.ignored)
    named = any(label.nodata in entry.codes for entry in entries)
    try:
        if label.nodata is None or named:
            return legend.from_codes(values)
        known = values != label.nodata
        indices = np.full(values.shape, IGNORE, np.uint8)
        indices[known] = legend.from_codes(values[known])
        return indices
    except LegendError as error:
        raise LegendError(f"{label.path}: {error}") from None


def patches(
    label: raster.Info, legend: Legend, size: int
) -> tuple[tuple[Window, ...], np.ndarray]:
    """List the patches that hold a labelled pixel, and count pixels per class.

    Returns:
        Windows, row by row, and counts, int64 `(P, num_classes)`.
    """
    changed = label.path.stat().st_mtime_ns
    return _patches(label.path, changed, legend, size)


@lru_cache(maxsize=4)  # Each split of a dataset asks for the same.
def _patches(path: Path, changed: int, legend: Legend, size: int):
    windows, counts = [], []
    with raster.open_stack(path) as stack:
        label = stack.info
        for window in raster.windows(label.height, label.width, size, edge="pad"):
            inside = window.within(label.height, label.width)
            found = read(stack, label, legend, inside)
            count = np.bincount(found.ravel(), minlength=256)[: legend.num_classes]
            if count.any():
                windows.append(window)
                counts.append(count)
    if not windows:
        raise ValueError(f"{path}: no labelled pixel. Correct the labels or legend.")
    return tuple(windows), np.array(counts, np.int64)
