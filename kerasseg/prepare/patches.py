"""Cut scenes and label rasters into a folder of patches that train fast.

The folder holds

- `images/<id>.tif`, `labels/<id>.tif`: GeoTIFF in the stored type and uint8 class
  indices, uncompressed, so that one read gives the pixels;
- `index.csv`: one line per patch with scene, place, split and pixels per class;
- `legend.json`, and `patches.json`: bands, statistics of the training split, counts,
  a fingerprint, and the options all this was made with;
- `tiles.csv`: every window, its split or why it was left out, and the shares of
  observed pixels, clouds and snow that decided.

Scenes are cut in parallel, large ones in parts, and each part is noted in `.scenes/`
when finished: a job that was killed goes on where it was, and other splits are dealt
without cutting again.

The defaults are the published preparation of LandCover.ai for segmentation of 256
pixel patches, with two faults mended: a patch of one pure class is kept, and no two
patches share a name.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.legend import Legend
from kerasseg.places import place
from kerasseg.prepare import cut as cutting
from kerasseg.prepare import dated, dealing, folder, headers, pairs, record, splits
from kerasseg.prepare import rules as filters
from kerasseg.prepare import workers as processes
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.labels import Coding
from kerasseg.prepare.pairs import Pair
from kerasseg.prepare.record import Job
from kerasseg.prepare.rules import Clear, Labelled, Observed, Rule
from kerasseg.prepare.sky import SCL, Codes
from kerasseg.prepare.splits import Plan
from kerasseg.prepare.workers import Progress


def run(  # noqa: PLR0913, the options of a command
    images: str | Path,
    labels: str | Path,
    legend: str | Path | Legend,
    destination: str | Path,
    *,
    size: int = 256,
    overlap: int = 0,
    edge: raster.Edge = "crop",
    keep: float = 0.05,
    background: int | None = 0,
    min_observed: float = 0.0,
    drop_only: Sequence[str] = (),
    masks: str | Path | None = None,
    sky: Codes = SCL,
    max_cloud: float = 1.0,
    max_snow: float = 1.0,
    rules: Sequence[Rule] = (),
    dates: Literal["none", "samples", "series"] = "none",
    coding: Coding = "auto",
    bands: Sequence[str] | None = None,
    split: splits.By = "scene",
    fractions: tuple[float, float, float] = (0.7, 0.2, 0.1),
    train: str | Sequence[str] = (),
    val: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    block: int = 4,
    buffer: float | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Cut scenes into patches; run again after an interruption, it goes on.

    Args:
        images: A folder, a glob pattern or a file; see `pairs.find`.
        labels: The same for label rasters: values, colours or palette.
        legend: What labels mean: a legend, or the file of one.
        destination: The folder to make.
        size: Pixels along a patch's side.
        overlap: Pixels a patch shares with the next.
        edge: What happens at the right and bottom of a scene; see `Cut`.
        keep: A patch is kept if more than this share of it is labelled and not
            background.
        background: Index of the class that alone is no reason to keep a patch, or
            None.
        min_observed: Least share of pixels with an image. Patches without any are
            always left out.
        drop_only: Names of classes, such as water: what holds no others is left out.
        masks: Masks of clouds and snow, such as Sentinel-2's SCL: a folder, pattern or
            file; one of each image, by its name or date, on its grid or a coarser one.
        sky: What values of the masks mean.
        max_cloud: Greatest share of cloud and its shadow. By default cloudy patches
            are kept; their share is noted in `tiles.csv`.
        max_snow: The same of snow.
        rules: Rules of your own; see `kerasseg.prepare.rules`.
        dates: Of images whose names tell dates: whether those of one place are
            `"samples"` of their own, or stacked as a `"series"`. `"none"`: each image
            has a label raster of its own.
        coding: `"auto"`, or whether label rasters are coded by `"color"` or by
            `"value"`.
        bands: Names of the bands, where the files give none or wrong ones.
        split: What stays in one split: a `"scene"` (with all its dates), a `"block"`
            of a scene (no patch crosses its border), or nothing (`"random"`).
        fractions: Shares of train, val and test.
        train: Glob patterns of the scenes that are the training split.
        val: The same for validation.
        test: The same for testing. Scenes no pattern names go to the splits that
            have none.
        block: Patches along the side of a block.
        buffer: Distance, in units of the reference system, that patches of different
            splits keep: those nearer are left out, of training first. By default
            none, and overlapping ones are refused.
        seed: Another seed, another draw.
        workers: Processes; by default one per CPU.
        progress: Called with the number of parts finished and to be finished.

    Returns:
        The content of `patches.json`.

    Raises:
        FileNotFoundError: If there are no images or no label rasters.
        ValueError: If rasters do not fit each other, a label is not in the legend, a
            split would be empty, or splits would show the same ground.
        OSError: If the destination cannot be written.
    """
    legend = legend if isinstance(legend, Legend) else legends.read(legend)
    patterns = {"train": train, "val": val, "test": test}
    plan = Plan(split, tuple(fractions), _patterns(patterns), seed, buffer)
    _check_background(background, legend)
    if masks is None and min(max_cloud, max_snow) < 1:
        raise ValueError(
            f"--max-cloud {max_cloud}, --max-snow {max_snow}, but no masks. Give "
            "--masks, such as the scene classification of Sentinel-2."
        )
    asked = [Labelled(keep, background), Observed(min_observed)]
    asked += [filters.only(tuple(drop_only), legend)] if drop_only else []
    asked += [Clear(max_cloud, max_snow)] if masks is not None else []
    cut = Cut(
        size=size,
        overlap=overlap,
        edge=edge,
        rules=(*asked, *rules),
        sky=sky,
        coding=coding,
        block=block * size if split == "block" else None,
        bands=tuple(bands) if bands else None,
    )
    found = _find(images, labels, masks, dates)
    first = headers.check(found, cut)
    names = [pair.scene for pair in found]
    if split != "random":
        splits.check(plan, names, [_units(pair, cut, split) for pair in found])
    stems = record.stems(names)
    with folder.opened(place(destination), cut, legend) as made:
        jobs = [
            Job(pair, stem, legend, cut, made)
            for pair, stem in zip(found, stems, strict=True)
        ]
        parts = [part for job in jobs for part in _parts(job)]
        _cut_all(parts, workers, progress or (lambda done, total: None))
        return dealing.finish(parts, plan, first)


def _find(
    images: str | Path, labels: str | Path, masks: str | Path | None, dates: str
) -> list[Pair]:
    if dates == "none":
        found = pairs.find(images, labels)
    else:
        found = dated.find(images, labels, stacked=dates == "series")
    return found if masks is None else dated.with_masks(found, masks)


def _units(pair: Pair, cut: Cut, split: splits.By) -> list[str]:
    """Name what stays in one split of a pair's scene."""
    if split == "scene":
        return [pair.place]
    info = raster.info(pair.images[0])
    return [f"{pair.place}\n{each}" for each in cut.blocks(info.height, info.width)]


def _parts(job: Job) -> list[Job]:
    info = raster.info(job.pair.images[0])
    number = cutting.parts(job, info.height, info.width)
    return [replace(job, part=part, parts=number) for part in range(number)]


def _cut_all(jobs: list[Job], workers: int | None, progress: Progress) -> None:
    todo = [job for job in jobs if not record.finished(job)]
    done = len(jobs) - len(todo)
    progress(done, len(jobs))
    for number, _ in enumerate(
        processes.results(cutting.run, todo, workers), start=done + 1
    ):
        progress(number, len(jobs))


def _check_background(background: int | None, legend: Legend) -> None:
    if background is not None and not 0 <= background < legend.num_classes:
        raise ValueError(
            f"background {background} is no class index. Give one from 0 to "
            f"{legend.num_classes - 1}, or none."
        )


def _patterns(given: dict[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {
        split: (value,) if isinstance(value, str) else tuple(value)
        for split, value in given.items()
        if value
    }
