"""Gather the rasters of a folder, a pattern or a file, and look at each once."""

import glob
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasseg.datasets.series import naming
from kerasseg.doctor import grids
from kerasseg.doctor.findings import Finding
from kerasseg.doctor.look import Look, is_classified, look
from kerasseg.doctor.world import Scenes
from kerasseg.legend import Legend
from kerasseg.prepare import pairs
from kerasseg.raster import RasterError

_MOST = 2 / 3
"""A folder is what so large a share of its files says it is."""

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class _Files:
    """What lies where, before any file is opened."""

    images: tuple[Path, ...]
    labels: tuple[Path, ...]
    pairs: tuple[tuple[Path, Path], ...]
    dates: dict[Path, np.datetime64]


def gather(
    images: str | Path,
    labels: str | Path | None,
    legend: Legend | None,
    progress: Progress = None,
) -> tuple[Scenes, list[Finding]]:
    """Look at all rasters.

    A folder is a series if at least two thirds of its images have a date in their
    names, the dates differ, and two thirds of them lie on one place. Without `labels`,
    rasters of one band with few whole values are taken for labels.

    Args:
        images: A raster, a folder or a pattern.
        labels: The same for the label rasters, if there are any.
        legend: What they mean.
        progress: Called with (files looked at, files in all).

    Returns:
        What was seen, and what could not be.

    Raises:
        FileNotFoundError: If there is no raster.
    """
    files, found = _files(images, labels)
    looks: dict[Path, Look] = {}
    every = list(dict.fromkeys((*files.images, *files.labels)))
    for number, path in enumerate(every, start=1):
        role = None if labels is None else "label" if path in files.labels else "image"
        try:
            looks[path] = look(path, role, files.dates.get(path))
        except (OSError, RasterError) as error:
            found.append(unreadable(path, error))
        if progress is not None:
            progress(number, len(every))
    return _scenes(files, looks, legend), found


def unreadable(file: object, error: Exception) -> Finding:
    """Word what a file or sample says when it is read, its cure set apart."""
    told = str(error).removeprefix(f"{file}: ")
    sentences = re.split(r"(?<=[.)]) (?=[A-Z])", told)
    cure = sentences.pop() if len(sentences) > 1 else "Mend the file, or leave it out."
    return Finding("K001", str(file), " ".join(sentences), cure)


def _files(images: str | Path, labels: str | Path | None):
    if labels is None:
        listed = _listed(images)
        return _Files(listed, (), (), _dates(listed)), []
    if Path(labels).is_file() and not Path(images).is_file():
        on = [path for path in _listed(images) if not path.samefile(labels)]
        each = tuple((path, Path(labels)) for path in on)
        return _Files(tuple(on), (Path(labels),), each, _dates(on)), []
    left, right = (
        pairs.by_scene(images, "image"),
        pairs.by_scene(labels, "label raster"),
    )
    both = [(left[name], right[name]) for name in left if name in right]
    if len(left) == len(right) == 1:
        both = [(*left.values(), *right.values())]
    paired = {path for pair in both for path in pair}
    alone = [path for path in (*left.values(), *right.values()) if path not in paired]
    found = [
        Finding(
            "K002",
            str(path),
            "The image has no label raster."
            if path in left.values()
            else "The label raster has no image.",
            "Name both alike, or give patterns, such as `*/images/*.jpg` and "
            "`--labels '*/masks/*.png'`.",
        )
        for path in alone
    ]
    files = _Files(tuple(left.values()), tuple(right.values()), tuple(both), {})
    return files, found


def _listed(where: str | Path) -> tuple[Path, ...]:
    where = str(where)
    if Path(where).is_file():
        return (Path(where),)
    names = glob.glob(where, recursive=True) if glob.has_magic(where) else []
    paths = [Path(name) for name in names] or list(Path(where).rglob("*"))
    found = tuple(
        path
        for path in sorted(paths)
        if path.suffix.lower() in pairs.SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
    if not found:
        raise FileNotFoundError(f"no raster at {where}. Correct the path or pattern.")
    return found


def _dates(paths: Sequence[Path]) -> dict[Path, np.datetime64]:
    """Read the dates of a series from names; none where files are scenes."""
    tell = naming.by_name()
    dates = {}
    for path in paths:
        try:
            dates[path] = tell(Path(path.name))
        except ValueError:
            continue
    enough = len(dates) >= _MOST * len(paths) and len(set(dates.values())) > 1
    return dates if enough else {}


def _scenes(files: _Files, looks: dict[Path, Look], legend: Legend | None) -> Scenes:
    seen = [looks[path] for path in files.images if path in looks]
    is_series = bool(files.dates) and _of_one_place(seen)
    images = [each for each in seen if each.role == "image" and not is_classified(each)]
    labels = [looks[path] for path in files.labels if path in looks]
    together = [
        (looks[image], looks[label])
        for image, label in files.pairs
        if image in looks and label in looks and not is_classified(looks[image])
    ]
    undated: tuple[Look, ...] = ()
    if not files.labels:
        labels = [each for each in seen if each.role == "label" and not each.date]
        together = list(_companions(images, labels))
    if is_series:
        known = {each.info.bands for each in images if each.date}
        strangers = [each for each in images if not each.date]
        undated = tuple(each for each in strangers if each.info.bands in known)
        images = [each for each in images if each.date]
    return Scenes(
        tuple(images), tuple(labels), tuple(together), legend, is_series, undated
    )


def _of_one_place(looks: Sequence[Look]) -> bool:
    """Tell the dates of one place from scenes whose names tell dates, too."""
    dated = Counter(grids.corner(each) for each in looks if each.date)
    return dated.most_common(1)[0][1] >= _MOST * dated.total() if dated else False


def _companions(
    images: Sequence[Look], labels: Sequence[Look]
) -> Iterator[tuple[Look, Look]]:
    """Pair every label with the images where these all lie on one place."""
    if not images or not images[0].info.is_georeferenced:
        return
    places = {(each.info.crs, *each.info.transform[2::3]) for each in images}
    if len(places) == 1:
        finest = min(images, key=lambda each: abs(each.info.transform.a))
        yield from ((finest, label) for label in labels)
