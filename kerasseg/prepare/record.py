"""What is noted of each scene while patches are cut, so that a killed job goes on."""

import json
import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from kerasseg import __version__, places
from kerasseg.files import write_whole
from kerasseg.legend import Legend
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.pairs import Pair

RECORDS = ".scenes"
"""The folder of the records, in that of the patches."""


@dataclass(frozen=True)
class Patch:
    """One line of the index, and what the statistics are gathered from.

    Args:
        id: Its name, that of its two files.
        scene: Its scene.
        block: Its block in the scene.
        row: First row in the scene.
        column: First column in the scene.
        counts: Pixels per class.
        ignored: Pixels without class.
        pixels: Pixels with an image.
        mean: Their mean per band.
        squares: Sum of their squared distances from the mean, per band.
        crc: CRC-32 of image and label.
        facts: What rules looked at: shares of observed pixels, of cloud and of snow.
    """

    id: str
    scene: str
    block: str
    row: int
    column: int
    counts: tuple[int, ...]
    ignored: int
    pixels: int
    mean: tuple[float, ...]
    squares: tuple[float, ...]
    crc: int
    facts: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Dropped:
    """A window that did not become a patch.

    Args:
        scene: Its scene.
        row: First row in the scene.
        column: First column in the scene.
        reason: Why.
        facts: As those of a patch.
    """

    scene: str
    row: int
    column: int
    reason: str
    facts: tuple[float | None, ...]


@dataclass(frozen=True)
class Job:
    """One scene to cut, or a part of a large one.

    Args:
        pair: Its image and label raster.
        stem: A name for files that no other scene has.
        legend: What labels mean.
        cut: How to cut.
        destination: The folder of patches.
        part: Which of the parts, from 0.
        parts: How many there are; each has as many windows, in their order.
    """

    pair: Pair
    stem: str
    legend: Legend
    cut: Cut
    destination: Path
    part: int = 0
    parts: int = 1

    @property
    def record(self) -> Path:
        """The file that says this is finished, and lists its patches."""
        part = f".{self.part}of{self.parts}" if self.parts > 1 else ""
        return self.destination / RECORDS / f"{self.stem}{part}.json"


def save(job: Job, patches: list[Patch], dropped: list[Dropped]) -> None:
    """Note that a job is finished."""
    content = {
        "stamp": _stamp(job.pair),
        "dropped": [asdict(window) for window in dropped],
        "patches": [asdict(patch) for patch in patches],
    }
    write_whole(job.record, json.dumps(content))


def finished(job: Job) -> bool:
    """Tell whether a job was done, from the files as they are now."""
    if not job.record.exists():
        return False
    return json.loads(job.record.read_text())["stamp"] == _stamp(job.pair)


def load(job: Job) -> tuple[list[Patch], list[Dropped]]:
    """Return the patches of a finished job, and the windows that were dropped."""
    content = json.loads(job.record.read_text())
    return (
        [Patch(**_with_tuples(fields)) for fields in content["patches"]],
        [Dropped(**_with_tuples(fields)) for fields in content["dropped"]],
    )


def _with_tuples(fields: dict) -> dict:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields.items()
    }


def _stamp(pair: Pair) -> list[int | str]:
    """Return what changes when one of the files does, or kerasseg."""
    files = (*pair.images, pair.label, *pair.masks)
    return [__version__, *(part for path in files for part in places.stamp(path))]


def stems(scenes: list[str]) -> list[str]:
    """Give each scene a name fit for files, different from all others.

    Letter case does not count as a difference: some file systems ignore it.
    """
    slugs = [re.sub(r"[^\w.-]+", "_", scene).strip("_.") or "scene" for scene in scenes]
    folded = [slug.casefold() for slug in slugs]
    names = [
        slug if folded.count(slug.casefold()) == 1 else f"{slug}-{_digest(scene)}"
        for slug, scene in zip(slugs, scenes, strict=True)
    ]
    if len({name.casefold() for name in names}) < len(names):
        raise ValueError(f"scenes {names} cannot be told apart by name. Rename some.")
    return names


def _digest(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
