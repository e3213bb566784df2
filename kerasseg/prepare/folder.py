"""The folder of patches: who may write into it, its index and its statistics."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import legend as legends
from kerasseg import places, raster
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
from kerasseg.prepare.record import Dropped, Job, Patch
from kerasseg.prepare.splits import SPLITS, Plan

TILES = "tiles.csv"
"""Every window, what was decided of it, and the facts that decided."""


def open_for(destination: Path, cut: Cut, legend: Legend) -> Path:
    """Make the folder, or check that what it holds was cut the same way.

    Raises:
        FileExistsError: If it holds something else.
        OSError: If it cannot be made.
    """
    if places.is_remote(destination):
        raise ValueError(
            f"{destination}: patches are read at random, many times. Give a folder of "
            "this machine, and send it afterwards."
        )
    noted = _noted(destination)
    wanted = {**cut.noted(), "legend": legend.to_dict()}
    wanted = json.loads(json.dumps(wanted))  # tuples as lists, as they come back
    ours = noted.parent.is_dir()
    if destination.is_dir() and any(destination.iterdir()) and not ours:
        raise FileExistsError(
            f"{destination} holds other files. Give a new or empty folder."
        )
    if noted.exists():
        held = json.loads(noted.read_text())
        other = [name for name in wanted if held.get(name) != wanted[name]]
        if other and held.get("refused"):
            _discard(destination)
        elif other:
            raise FileExistsError(
                f"{destination} holds patches cut with another {' and '.join(other)}. "
                "Give another folder, or delete this one."
            )
    _make(noted.parent)  # First: it tells the next run that the folder is ours
    write_whole(noted, json.dumps(wanted))
    for name in ("images", "labels"):
        _make(destination / name)
    return destination


def note_refusal(destination: Path) -> None:
    """Note that a job was refused, so that one with other options may take its place.

    What was cut stays: it may be as wanted when other splits are asked for. Patches
    that a job before has finished are not given up.
    """
    noted = _noted(destination)
    if noted.exists() and not (destination / ABOUT).exists():
        held = json.loads(noted.read_text())
        write_whole(noted, json.dumps({**held, "refused": True}))


def _noted(destination: Path) -> Path:
    return destination / ".scenes" / ".cut.json"  # no scene's name begins with a dot


def _discard(destination: Path) -> None:
    """Delete what a refused job has cut; the note of it goes when the next is written.

    Records go first: none may be left without its patches.
    """
    for name in (".scenes", "images", "labels"):
        for path in (destination / name).glob("*"):
            if path != _noted(destination):
                path.unlink()


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
