"""The folder of patches: who may write into it, its index and its statistics."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import legend as legends
from kerasseg import places, raster
from kerasseg import work as works
from kerasseg.datasets.patches import (
    ABOUT,
    INDEX,
    LEGEND,
    digest,
    fingerprint,
    index_text,
)
from kerasseg.files import write_whole
from kerasseg.legend import Legend
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.record import RECORDS, Dropped, Job, Patch
from kerasseg.prepare.splits import SPLITS, Plan

TILES = "tiles.csv"
"""Every window, what was decided of it, and the facts that decided."""


@contextmanager
def opened(destination: Path, cut: Cut, legend: Legend) -> Iterator[Path]:
    """Hold the folder, made if need be, once what it holds was cut the same way.

    A job that is refused is noted, so that one with other options may take its place.
    What was cut stays: it may be as wanted when other splits are asked for. Patches
    that a job before has finished are not given up.

    Raises:
        FileExistsError: If it holds something else.
        ValueError: If another process writes into it.
        OSError: If it cannot be made.
    """
    if places.is_remote(destination):
        raise ValueError(
            f"{destination}: patches are read at random, many times. Give a folder of "
            "this machine, and send it afterwards."
        )
    records = destination / RECORDS
    if _holds_others(destination, records):
        raise FileExistsError(
            f"{destination} holds other files. Give a new or empty folder."
        )
    _make(records)  # First: it tells the next run that the folder is ours
    plan = {**cut.noted(), "legend": legend.to_dict()}
    with works.held(records, destination) as work:
        _agree(work, plan, destination)
        for name in ("images", "labels"):
            _make(destination / name)
        try:
            yield destination
        except ValueError:
            if not (destination / ABOUT).exists():
                work.note({**plan, _REFUSED: True})
            raise


_REFUSED = "refused"
_WORDS = {
    "rules": "choice of what is kept (--keep, --background, …)",
    "sky": "meaning of masks",
    "bands": "choice of bands",
}
"""What parts of a cut are called, where not by their names."""


def _holds_others(destination: Path, records: Path) -> bool:
    is_filled = destination.is_dir() and any(destination.iterdir())
    return is_filled and not records.is_dir()


def _agree(work: works.Work, plan: Mapping[str, Any], destination: Path) -> None:
    """Go on with what was cut by the same plan, and discard or refuse all other."""
    begun, other = work.begun(), work.differing(plan)
    if begun is None or (other and _REFUSED in begun):
        work.begin(plan)
    elif other:
        named = " and ".join(_WORDS.get(name, name) for name in other)
        raise FileExistsError(
            f"{destination} holds patches cut with another {named}. Give another "
            "folder, or delete this one."
        )
    elif _REFUSED in begun:
        work.note(plan)


def finish(
    job: Job,
    patches: list[Patch],
    splits: list[str],
    dropped: list[Dropped],
    first: raster.Info,
    plan: Plan,
    dates: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Write index, legend and, last, `patches.json`; return the content of that.

    Args:
        job: Any of the jobs: destination, legend and cut are those of all.
        patches: All patches.
        splits: The split of each.
        dropped: The windows that were not kept.
        dates: The dates of each scene that is a series.
        first: Any of the images: bands and type are those of all.
        plan: How patches were shared out.
    """
    pairs = list(zip(patches, splits, strict=True))
    index = index_text(job.legend, (_line(*pair) for pair in pairs))
    train = [patch for patch, split in pairs if split == "train"]
    mean, std = _statistics(train or patches)
    content = {
        "kerasseg": _version(),
        "size": job.cut.size,
        "bands": list(job.cut.bands or first.bands),
        "dtype": first.dtype,
        "mean": mean.tolist(),
        "std": std.tolist(),
        "splits": {split: _summary(job.legend, pairs, split) for split in SPLITS},
        "dropped": len(dropped),
        "reasons": dict(sorted(Counter(each.reason for each in dropped).items())),
        "options": {"cut": job.cut.noted(), "split": asdict(plan)},
        "fingerprint": fingerprint(job.legend, index, ((p.id, p.crc) for p in patches)),
        "index": digest(index),
    }
    if dates:
        content["dates"] = {scene: list(days) for scene, days in dates.items()}
    _remove_strays(job.destination, patches)
    write_whole(job.destination / LEGEND, legends.dumps(job.legend))
    write_whole(job.destination / INDEX, index)
    write_whole(job.destination / TILES, _tiles(pairs, dropped))
    write_whole(job.destination / ABOUT, json.dumps(content, indent=2) + "\n")
    return content


def _line(patch: Patch, split: str) -> tuple:
    place = (patch.id, patch.scene, patch.row, patch.column, split)
    return (*place, *patch.counts, patch.ignored)


def _tiles(pairs: list[tuple[Patch, str]], dropped: list[Dropped]) -> str:
    """Return what was decided of every window, and by which facts, as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["scene", "row", "column", "decision", "observed", "cloud", "snow"])
    decided = [(patch, split) for patch, split in pairs]
    decided += [(window, window.reason) for window in dropped]
    for each, decision in sorted(
        decided, key=lambda pair: (pair[0].scene, pair[0].row, pair[0].column)
    ):
        facts = ["" if fact is None else f"{fact:.4f}" for fact in each.facts]
        table.writerow([each.scene, each.row, each.column, decision, *facts])
    return text.getvalue()


def _statistics(patches: Sequence[Patch]) -> tuple[np.ndarray, np.ndarray]:
    """Join mean and spread of patches, two at a time (Chan et al., 1983)."""
    total, mean, squares = 0, 0.0, 0.0
    for patch in patches:
        if not patch.pixels:
            continue
        distance = np.array(patch.mean) - mean
        joined = total + patch.pixels
        mean = mean + distance * (patch.pixels / joined)
        between = distance**2 * (total * patch.pixels / joined)
        squares = squares + np.array(patch.squares) + between
        total = joined
    return mean, np.sqrt(squares / total)


def _summary(
    legend: Legend, pairs: list[tuple[Patch, str]], split: str
) -> dict[str, Any]:
    chosen = [patch for patch, each in pairs if each == split]
    counts = np.array([patch.counts for patch in chosen], np.int64)
    counts = counts.reshape(-1, legend.num_classes)
    return {
        "patches": len(chosen),
        "scenes": len({patch.scene for patch in chosen}),
        "pixels": dict(zip(legend.names, counts.sum(axis=0).tolist(), strict=True)),
        "ignored": sum(patch.ignored for patch in chosen),
    }


def _remove_strays(destination: Path, patches: list[Patch]) -> None:
    """Delete what a killed run or a scene that has since changed left behind."""
    known = {f"{patch.id}.tif" for patch in patches}
    for name in ("images", "labels"):
        for path in (destination / name).iterdir():
            if path.name not in known:
                path.unlink()


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"{path} cannot be made: {error.strerror}. Choose a folder you may write "
            "to."
        ) from None


def _version() -> str:
    try:
        return version("kerasseg")
    except PackageNotFoundError:
        return "unknown"
