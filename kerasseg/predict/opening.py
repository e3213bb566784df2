"""Check that a model can map a scene, and open it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasseg import artifact, places, raster
from kerasseg.predict.blending import Axis
from kerasseg.predict.classifying import batch_size as that_fits
from kerasseg.predict.classifying import classifier
from kerasseg.predict.job import PLAN, Job
from kerasseg.predict.options import Outputs
from kerasseg.predict.reading import Scene, match_bands

_STRIDE = 32
"""Models work on multiples of this; smaller windows would be padded inside."""

Source = str | Path | Sequence[str | Path]


@contextmanager
def opened(  # noqa: PLR0913
    model: keras.Model,
    source: Source,
    destination: Path,
    *,
    window: int = 512,
    overlap: int | None = None,
    batch_size: int | None = None,
    max_batch_size: int = 8,
    tta: bool = False,
    outputs: Outputs = Outputs(),  # noqa: B008
) -> Iterator[tuple[Job, list[Path]]]:
    """Check that a model can map a scene, and open it; see `scene`."""
    if "days" in model.input:
        raise ValueError(
            "the model reads series. Give it a folder of dated GeoTIFFs, whose names "
            "tell their dates."
        )
    with raster.open_stack(source) as stack:
        info = stack.info
        bands = match_bands(info, artifact.bands(model))
        rows, columns = axes(info, window, overlap)
        check_place(stack.files, destination, outputs)
        # Where there is no data stands the mean: it is 0 once normalised.
        means, _ = artifact.normalization(model)
        windows = Scene(stack, bands, means, rows, columns)
        if batch_size is None:
            one = np.empty((1, rows.window, columns.window, len(bands)))
            batch_size = that_fits(model, {"image": one}, max_batch_size)
        job = Job(
            model=model,
            windows=windows,
            classify=classifier(model, lambda images: {"image": images}, tta),
            batch_size=batch_size,
            destination=destination,
            outputs=outputs,
            told=told(window, overlap, tta),
        )
        yield job, stack.files


def told(window: int, overlap: int | None, tta: bool) -> dict[str, Any]:
    """Name what of the options changes a map."""
    return {"window": window, "overlap": overlap, "tta": tta}


def axes(info: raster.Info, window: int, overlap: int | None) -> tuple[Axis, Axis]:
    """Lay windows along the height and the width of a scene.

    Raises:
        ValueError: If they are to share more than half of themselves.
    """
    overlap = window // 8 if overlap is None else overlap
    if window < 1 or not 0 <= overlap <= window / 2:
        raise ValueError(
            f"predict: overlap {overlap} of window {window}. Windows may share from 0 "
            f"to {window // 2} pixels."
        )
    found = []
    for length in (info.height, info.width):
        side = min(window, -(-length // _STRIDE) * _STRIDE)
        found.append(Axis(length, side, min(overlap, side // 2)))
    return found[0], found[1]


def check_place(files: Sequence[Path], destination: Path, outputs: Outputs) -> None:
    """See to it that a map takes the place of nothing but a map.

    `predict RUN *.tif` names the last of the scenes as the map: it must survive that.

    Raises:
        ValueError: If one of the files to come is one of the scene's, the map is to be
            called a picture, or polygons, or in its place lies what is no map.
    """
    raster.check_name(destination)
    taken = {places.absolute(path) for path in files}
    beside = outputs.paths(destination)
    for path in (destination, *beside.values()):
        if places.absolute(path) in taken:
            raise ValueError(
                f"{path}: is the scene itself. Give the map a name of its own."
            )
    if not places.exists(destination) or places.is_folder(destination):
        return
    if PLAN not in raster.tags(destination):
        raise ValueError(
            f"{destination}: is there, and no map of kerasseg. Give the map another "
            "place, or remove the file first."
        )
