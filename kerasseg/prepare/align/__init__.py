"""Bring labels onto the grid of their image: rasters of any grid, and polygons.

Labels come from another producer, in another reference system and pixel size. Classes
must not be averaged: a pixel takes the label at its centre, or elects one of the labels
in it. Where grids run along the same axes, labels are counted row by row and column by
column, exactly; else the centre of each label pixel is projected into the image.

Bands of rows are shared out among the cores and kept when finished: run again after a
stop, it goes on.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg import work as works
from kerasseg.legend import IGNORE, Legend
from kerasseg.places import absolute, place
from kerasseg.prepare import polygons
from kerasseg.prepare import workers as processes
from kerasseg.prepare.align import job as pieces
from kerasseg.prepare.align import rarity, sources, votes
from kerasseg.prepare.align.job import Job
from kerasseg.prepare.labels import Coding
from kerasseg.prepare.stacking import bands
from kerasseg.prepare.workers import Progress
from kerasseg.raster import ground

__all__ = ["bands", "label"]


def label(  # noqa: PLR0913, the options of a command
    source: str | Path,
    like: str | Path | Sequence[str | Path],
    destination: str | Path,
    *,
    method: votes.Method = "nearest",
    share: bool = False,
    legend: str | Path | Legend | None = None,
    coding: Coding = "auto",
    unknown: sources.Unknown = "refuse",
    nodata: int | None = None,
    covered: float = 0.5,
    weights: Mapping[str | int, float] | None = None,
    attribute: str | None = None,
    layer: str | None = None,
    background: int | None = None,
    refine: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write labels anew on the grid of an image.

    Args:
        source: A label raster, or polygons (GeoPackage, GeoParquet, Shapefile, GeoJSON,
            FlatGeobuf). It may be a URL, as all files here.
        like: The image, or several files of its bands.
        destination: The GeoTIFF to write; it appears when it is whole.
        method: How a pixel takes its class: `"nearest"`, `"majority"`, `"centred"` or
            `"rarity"`; see `votes.Rule`.
        share: Whether a second band tells the percentage of a pixel that its class
            covers.
        legend: What labels mean: classes are mapped and merged before they are
            counted, and the first code of each is written. Without one, values stay.
        coding: Whether labels are `"color"` or `"value"`; needs a legend.
        unknown: What becomes of values the legend does not know: `"refuse"`, or
            `"ignore"`: they are unlabelled, and counted.
        nodata: The value of unlabelled pixels; by default the legend's first ignored
            code, the nodata of the labels, or 255; beside a share it is no percentage.
            `prepare patches` ignores it.
        covered: For all methods but nearest: a pixel stays unlabelled where a smaller
            share of it is labelled.
        weights: For rarity: what a vote for a class counts, by its name or value. By
            default one over the root of its share of all labels.
        attribute: Of polygons: the field of the class, a number or a name of the
            legend. Without one, all polygons are 1.
        layer: Of polygons: which, where a file has several.
        background: Of polygons: the value where there is none; by default unlabelled.
        refine: Of polygons: into how many rows and columns a pixel is cut to elect its
            class; by default 8, and 1 for nearest.
        workers: Processes; by default one per CPU.
        progress: Called with the number of pieces finished and to be finished.

    Returns:
        `labelled` and `unlabelled` pixels, `classes`: pixels by value, `unknown`:
        label pixels by the values that were ignored.

    Raises:
        FileNotFoundError: If a file is missing.
        RasterError: If a file is no raster, lies nowhere, or on other ground.
        LegendError: If a value is not in the legend, or means two things.
        ValueError: If the destination is one of the files that are read, or another
            process writes it.
        ModuleNotFoundError: If polygons are given and `kerasseg[vector]` is not
            installed.
    """
    if isinstance(legend, str | Path):
        legend = legends.read(legend)
    destination = place(destination)
    here = raster.info(like)
    _check_place(here)
    _refuse_own_place(destination, source, like)
    if polygons.is_vector(source):
        refine = refine or (1 if method == "nearest" else 8)
        labels = polygons.describe(
            source, legend, attribute, layer, background, unknown, refine
        )
        polygons.check_meets(labels, here)
        there = labels.info(here)
    else:
        _refuse_of_polygons(
            source,
            attribute=attribute,
            layer=layer,
            background=background,
            refine=refine,
        )
        labels, there = place(source), raster.info(source)
        _check_place(there)
        ground.check_meet(there, here)
    out = sources.output(there, legend, nodata)
    if share and out.nothing in range(1, 101):
        out = _beside_percentages(there, legend, nodata)
    rule = votes.Rule(method, out.nothing, covered)
    files = [source, *(like if isinstance(like, list | tuple) else [like])]
    with works.beside(destination, "parts") as work:
        todo = Job(labels, here, out, rule, legend, coding, unknown, work.folder)
        try:
            if method == "rarity":
                todo = rarity.weighed(todo, weights)
            plan = pieces.plan(todo, list(map(place, files)))
            if work.differing(plan):
                work.begin(plan)
            _work(todo, workers, progress or (lambda done, total: None))
        except ValueError:  # Whatever is mended, labels or options, all begins anew.
            work.remove()
            raise
        summary = _assemble(todo, destination, share)
        work.remove()
    return summary


def _beside_percentages(
    there: raster.Info, legend: Legend | None, nodata: int | None
) -> sources.Output:
    """Settle on a value of unlabelled pixels that is no percentage.

    A GeoTIFF has one value for all its bands.
    """
    if nodata is not None:
        raise ValueError(
            f"nodata {nodata} is a percentage too, and the bands of a file have one in "
            "common. Give another value, or leave the share out."
        )
    return sources.output(there, legend, IGNORE)


def _refuse_own_place(
    destination: Path, source: str | Path, like: str | Path | Sequence[str | Path]
) -> None:
    """Refuse to write over what is read, or a GeoTIFF by another name."""
    raster.check_name(destination)
    taken = [place(source)]
    for each in (like,) if polygons.is_vector(source) else (source, like):
        with raster.open_stack(each) as stack:
            taken += stack.files
    if absolute(destination) in map(absolute, taken):
        raise ValueError(
            f"{destination}: is one of the files that are read. Give the labels to "
            "write a name of their own."
        )


def _refuse_of_polygons(source: str | Path, **options: object) -> None:
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given:
        raise ValueError(
            f"{' and '.join(given)} for polygons, but {source} is taken for a raster. "
            f"Leave {'it' if len(given) == 1 else 'them'} out, or name a file that "
            f"ends in {', '.join(polygons.SUFFIXES)}."
        )


def _check_place(info: raster.Info) -> None:
    if info.crs is None:
        raise raster.RasterError(
            f"{info.path}: no coordinate reference system, so it cannot be "
            "aligned. Assign one, or crop and resize it by hand."
        )
    if not info.transform.determinant:
        raise raster.RasterError(
            f"{info.path}: its pixels have no area ({info.transform.a:g} x "
            f"{info.transform.e:g}). Correct its geotransform."
        )


def _work(todo: Job, workers: int | None, progress: Progress) -> None:
    listed = todo.pieces()
    waiting = [piece for piece in listed if not piece.path.exists()]
    done = len(listed) - len(waiting)
    progress(done, len(listed))
    for number, _ in enumerate(
        processes.results(pieces.run, waiting, workers), start=done + 1
    ):
        progress(number, len(listed))


def _assemble(todo: Job, destination: Path, share: bool) -> dict[str, Any]:
    """Write the pieces as one raster, and count what is in it."""
    counted, unknown = Counter(), Counter(getattr(todo.labels, "unknown", {}))
    # The file is read once more when it is closed; GDAL would keep of it as much as a
    # twentieth of the memory holds.
    small_cache = rasterio.Env(GDAL_CACHEMAX=1 << 28)
    with (
        small_cache,
        raster.Writer(
            destination,
            todo.like,
            bands=["label", "share"] if share else ["label"],
            dtype=todo.out.dtype,
            nodata=todo.out.nothing,
            palette=None if share else _palette(todo),
        ) as writer,
    ):
        for piece in todo.pieces():
            pixels, strange = piece.load()
            unknown += strange
            present, times = np.unique(pixels[..., 0], return_counts=True)
            counted.update(dict(zip(present.tolist(), times.tolist(), strict=True)))
            pixels[..., 1][pixels[..., 0] == todo.out.nothing] = todo.out.nothing
            window = raster.Window(piece.row, 0, *pixels.shape[:2])
            writer.write(pixels if share else pixels[..., :1], window)
    unlabelled = counted.pop(todo.out.nothing, 0)
    return {
        "labelled": counted.total(),
        "unlabelled": unlabelled,
        "classes": {_named(todo, value): counted[value] for value in sorted(counted)},
        "unknown": dict(sorted(unknown.items())),
    }


def _palette(todo: Job) -> dict[int, tuple[int, int, int]] | None:
    """Return the legend's colours by value, if each tells its class."""
    if todo.legend is None or todo.out.dtype != "uint8":
        return None
    colors = [entry.color for entry in todo.legend.classes]
    if len({*colors, (0, 0, 0)}) <= len(colors):
        return None
    return dict(zip(todo.out.codes, colors, strict=True))


def _named(todo: Job, value: int) -> str:
    if todo.legend is None:
        return str(value)
    return todo.legend.names[todo.out.codes.index(value)]
