"""The doors: a scene, a scene of many dates, or many scenes become maps."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from kerasseg import artifact
from kerasseg.places import place
from kerasseg.predict.classifying import batch_size as that_fits
from kerasseg.predict.classifying import classifier
from kerasseg.predict.dated import Dated
from kerasseg.predict.job import Job, is_made
from kerasseg.predict.mapping import Progress, run
from kerasseg.predict.opening import (
    Source,
    axes,
    check_place,
    opened,
    told,
)
from kerasseg.predict.options import Outputs, Summary
from kerasseg.predict.reading import Scene


def scene(  # noqa: PLR0913
    model: keras.Model,
    source: Source,
    destination: str | Path,
    *,
    window: int = 512,
    overlap: int | None = None,
    batch_size: int | None = None,
    max_batch_size: int = 8,
    tta: bool = False,
    outputs: Outputs = Outputs(),  # noqa: B008
    fresh: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Map a scene with a saved model.

    The map is a Cloud-Optimized GeoTIFF of class indices on the grid of the scene,
    with the colours and names of the model's legend; pixels that hold no data are
    `legend.IGNORE`. Where windows overlap, their class probabilities are averaged (see
    `blending`). Probabilities rather than logits: they are bounded, so that one window
    that is very sure of itself cannot outvote the others.

    All files appear when they are whole. Until then a folder `.<map>.work` beside the
    map holds what is finished: the same call goes on from there, whatever stopped it,
    and ends with the same pixels.

    Args:
        model: What `artifact.load` returns.
        source: The raster, or several of the same grid whose bands are put together.
        destination: The map.
        window: Side of a window, in pixels. A scene smaller than a window is mirrored
            to fill one.
        overlap: Pixels that neighbouring windows share at least, up to half a window;
            an eighth of a window by default.
        batch_size: Windows computed at a time; by default as many as memory holds, up
            to `max_batch_size`.
        max_batch_size: The most windows that are computed at a time by default.
        tta: Whether to average over the eight ways to flip and turn each window
            (test-time augmentation), which takes eight times as long.
        outputs: What is written beside the map.
        fresh: Whether to discard what an interrupted run with other options has left,
            rather than refuse.
        progress: Called with the windows done and their number.

    Raises:
        ValueError: If the bands do not fit the model, the overlap the window, or an
            unfinished run of the map was begun with something else.
        FileNotFoundError: If there is no such scene.
        OSError: If the map cannot be written.

    Warns:
        ResolutionWarning: If the pixels are of another size than those of the training.
        UnitWarning: If the values of all bands are of another order.
    """
    with opened(
        model,
        source,
        place(destination),
        window=window,
        overlap=overlap,
        batch_size=batch_size,
        max_batch_size=max_batch_size,
        tta=tta,
        outputs=outputs,
    ) as (job, files):
        return run(job, files, fresh, progress)


def series(  # noqa: PLR0913
    model: keras.Model,
    folder: str | Path,
    destination: str | Path,
    *,
    images: str = "*.tif",
    date_format: str | None = None,
    reference_date: str | None = None,
    days: Literal["season", "lunar_year"] = "season",
    resampling: Literal["nearest", "cubic"] = "nearest",
    offset: int | Literal["auto"] = 0,
    window: int = 128,
    overlap: int | None = None,
    batch_size: int | None = None,
    max_batch_size: int = 8,
    tta: bool = False,
    outputs: Outputs = Outputs(),  # noqa: B008
    fresh: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Map a scene seen on many dates with a saved model of series; see `scene`.

    Args:
        model: What `artifact.load` returns.
        folder: Where the dated GeoTIFFs of the scene lie, one date in one file or in
            several, of one or several pixel sizes.
        destination: The map, on the grid of the finest files.
        images: Pattern of the files' names, as seen from the folder.
        date_format: How names write dates; see `datasets.series`.
        reference_date: Day 0 of the season, as the model was fitted with, in the
            scene's own season: `2018-09-01`. By default the scene's first date.
        days: How the model was told days; see `datasets.pastis`.
        resampling: How coarser bands come to the finest grid.
        offset: Taken from each value; `auto`: 1000 from dates since 2022-01-25.
        window: Side of a window, in pixels.
        overlap: Pixels that neighbouring windows share at least.
        batch_size: Windows computed at a time; by default as many as memory holds.
        max_batch_size: The most windows that are computed at a time by default.
        tta: Whether to average over the eight ways to flip and turn each window.
        outputs: What is written beside the map.
        fresh: Whether to discard what another interrupted run has left.
        progress: Called with the windows done and their number.

    Raises:
        FileNotFoundError: If there is no file with a date.
        ValueError: If files do not fit each other, the model or the options.
        OSError: If the map cannot be written.

    Warns:
        ResolutionWarning: If the pixels are of another size than those of the training.
        UnitWarning: If the values of all bands are of another order.
    """
    if "days" not in model.input:
        raise ValueError(
            f"{folder} is a folder of dates, but the model reads single images. Give "
            "it a raster."
        )
    dates = {
        "images": images,
        "date_format": date_format,
        "reference_date": reference_date,
        "days": days,
        "resampling": resampling,
        "offset": offset,
    }
    stack = Dated(Path(folder), artifact.bands(model), **dates)
    rows, columns = axes(stack.info, window, overlap)
    check_place(stack.files, place(destination), outputs)
    count = len(stack.days)
    means, _ = artifact.normalization(model)
    windows = Scene(stack, [], means * count, rows, columns)
    if batch_size is None:
        shape = 1, rows.window, columns.window, count * len(artifact.bands(model))
        one = stack.batch(np.empty(shape, stack.info.dtype))
        batch_size = that_fits(model, one, max_batch_size)
    job = Job(
        model=model,
        windows=windows,
        classify=classifier(model, stack.batch, tta),
        batch_size=batch_size,
        destination=place(destination),
        outputs=outputs,
        told={**told(window, overlap, tta), **dates},
    )
    return run(job, stack.files, fresh, progress)


def several(
    model: keras.Model,
    sources: Sequence[str | Path],
    folder: str | Path,
    *,
    fresh: bool = False,
    each: Callable[[Path], Progress | None] = lambda _: None,
    **options: Any,
) -> Iterator[Summary]:
    """Map one scene after the other, each under its own name in a folder.

    A call that was interrupted is repeated as it was: maps that are there, of the same
    model, scene and options, are not made again.

    Args:
        model: What `artifact.load` returns.
        sources: The rasters.
        folder: Where the maps will be.
        fresh: As `scene` has it.
        each: Called with a map before it is made; returns its `progress`.
        options: The others of `scene`.

    Yields:
        The summary of each map that was made.

    Raises:
        ValueError: If two scenes have one name, or a file that is no map of kerasseg
            has that of a map; and what `scene` raises.
    """
    names = [place(source).stem for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(
            f"{folder}: two of the scenes are called {twice}, and so would be their "
            "maps. Map them into folders of their own."
        )
    for source, name in zip(sources, names, strict=True):
        destination = place(folder) / f"{name}.tif"
        with opened(model, source, destination, **options) as (job, files):
            if not is_made(job, files):
                yield run(job, files, fresh, each(destination))
