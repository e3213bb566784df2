"""Cut scenes and label rasters into a folder of patches that train fast.

The folder holds

- `images/<id>.tif`, `labels/<id>.tif`: GeoTIFF in the stored type and uint8 class
  indices, uncompressed, so that one read gives the pixels;
- `index.csv`: one line per patch with scene, place, split and pixels per class;
- `legend.json`, and `patches.json`: bands, statistics of the training split, counts,
  a fingerprint, and the options all this was made with.

Scenes are cut in parallel and each is noted in `.scenes/` when finished: a job that
was killed goes on where it was, and other splits are dealt without cutting again.

The defaults are the published preparation of LandCover.ai for segmentation of 256
pixel patches, with two faults mended: a patch of one pure class is kept, and no two
patches share a name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.legend import Legend
from kerasseg.prepare import cut as cutting
from kerasseg.prepare import folder, headers, pairs, record, splits
from kerasseg.prepare import workers as processes
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.labels import Coding
from kerasseg.prepare.record import Job
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
    coding: Coding = "auto",
    bands: Sequence[str] | None = None,
    split: splits.By = "scene",
    fractions: tuple[float, float, float] = (0.7, 0.2, 0.1),
    train: str | Sequence[str] = (),
    val: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    block: int = 4,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Cut scenes into patches; run again after an interruption, it goes on.

    Args:
        images: A folder, a glob pattern or a file; see `pairs.find`.
        labels: The same for label rasters: values, colours or palette.
        legend: What labels mean: a legend, or the file of one.
        destination: The folder to make. It may hold patches of the same options.
        size: Pixels along a patch's side.
        overlap: Pixels a patch shares with the next.
        edge: At the right and bottom of a scene: `"crop"` leaves the remainder out,
            `"shift"` moves the last patch back inside, `"pad"` fills with ignored
            pixels. Only `"pad"` takes scenes smaller than a patch.
        keep: A patch is kept if more than this share of its pixels is labelled and
            not background.
        background: Index of the class that alone is no reason to keep a patch; None
            where every class is one.
        coding: `"auto"`, or whether label rasters are coded by `"color"` or by
            `"value"`.
        bands: Names of the bands, where the files give none or wrong ones.
        split: What stays in one split: a `"scene"`, a `"block"` of a scene (no patch
            crosses its border), or nothing (`"random"`).
        fractions: Shares of train, val and test.
        train: Glob patterns of the scenes that are the training split.
        val: The same for validation.
        test: The same for testing. Scenes no pattern names go to the splits that
            have none.
        block: Patches along the side of a block.
        seed: Another seed, another draw.
        workers: Processes; by default one per CPU.
        progress: Called with the number of scenes finished and to be finished.

    Returns:
        The content of `patches.json`.

    Raises:
        FileNotFoundError: If there are no images or no label rasters.
        ValueError: If rasters do not fit each other, a label is not in the legend, or
            a split would be empty.
        OSError: If the destination cannot be written.
    """
    legend = legend if isinstance(legend, Legend) else legends.read(legend)
    patterns = {"train": train, "val": val, "test": test}
    plan = Plan(split, tuple(fractions), _patterns(patterns), seed)
    cut = Cut(
        size=size,
        overlap=overlap,
        edge=edge,
        keep=keep,
        background=background,
        coding=coding,
        block=block * size if split == "block" else None,
        bands=tuple(bands) if bands else None,
    )
    _check_background(background, legend)
    found = pairs.find(images, labels)
    first = headers.check(found, cut)
    splits.check(plan, [pair.scene for pair in found])
    destination = folder.open_for(Path(destination), cut, legend)
    stems = record.stems([pair.scene for pair in found])
    jobs = [
        Job(pair, stem, legend, cut, destination)
        for pair, stem in zip(found, stems, strict=True)
    ]
    _cut_all(jobs, workers, progress or (lambda done, total: None))
    return _finish(jobs, plan, first)


def _finish(jobs: list[Job], plan: Plan, first: raster.Info) -> dict[str, Any]:
    """Deal the patches out and write the index."""
    loaded = [record.load(job) for job in jobs]
    patches = [patch for scene, _ in loaded for patch in scene]
    if not patches:
        raise ValueError(
            f"no patch to keep: each has at most {jobs[0].cut.keep:.0%} labelled "
            "pixels that are not background. Lower `keep`, or correct `background`."
        )
    units = {
        "scene": lambda patch: patch.scene,
        "block": lambda patch: f"{patch.scene}\n{patch.block}",
        "random": lambda patch: patch.id,
    }[plan.by]
    dealt = splits.assign(
        plan,
        [patch.scene for patch in patches],
        [units(patch) for patch in patches],
        np.array([patch.counts for patch in patches]),
    )
    dropped = sum(number for _, number in loaded)
    return folder.finish(jobs[0], patches, dealt, dropped, first, plan)


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
            f"{legend.num_classes - 1}, or None."
        )


def _patterns(given: dict[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {
        split: (value,) if isinstance(value, str) else tuple(value)
        for split, value in given.items()
        if value
    }
