"""Find which image belongs to which label raster."""

import glob
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from kerasseg import dates as calendar
from kerasseg import places

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")

SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg", ".png", ".jp2", ".img", ".vrt")
"""Files of a folder that are taken for rasters."""


@dataclass(frozen=True)
class Pair:
    """An image and its label raster.

    Args:
        scene: What the two paths have in common, the name of the scene.
        image: The image; of a series, one of each date, in their order.
        label: The label raster, on the same grid.
        place: What scenes of the same ground have in common; by default the scene.
        masks: The masks of clouds and snow, one of each image, or none.
        dates: The dates of a series, such as 2018-09-15; of a single image none.
    """

    scene: str
    image: Path | tuple[Path, ...]
    label: Path
    place: str = ""
    masks: tuple[Path, ...] = ()
    dates: tuple[str, ...] = field(default=())

    def __post_init__(self):
        if not self.place:
            object.__setattr__(self, "place", self.scene)

    @property
    def images(self) -> tuple[Path, ...]:
        return self.image if isinstance(self.image, tuple) else (self.image,)


def find(images: str | Path, labels: str | Path) -> list[Pair]:
    """Pair images with label rasters by the part of the path that varies.

    Either side is a file, a folder or a glob pattern. In a folder, searched to its
    depth, the part that varies is the relative path without suffix. In a pattern it
    is what the wildcards stand for: `"*/images/*.jpg"` and `"*/masks/*.png"` both
    give `"Tile 1/part_001"`. Two single files are a pair whatever their names.

    Returns:
        Pairs in the order of their scene names.

    Raises:
        FileNotFoundError: If a side has no raster.
        ValueError: If a raster has no partner, or two have the same name.
    """
    image, label = places.place(images), places.place(labels)
    if image.is_file() and label.is_file():
        return [Pair(image.stem, image, label)]
    left = by_scene(images, "image")
    right = by_scene(labels, "label raster")
    alone = [f"{left[name]} has no label" for name in sorted(left.keys() - right)]
    alone += [f"{right[name]} has no image" for name in sorted(right.keys() - left)]
    if alone:
        raise ValueError(
            f"{_listed(alone)}. Pairs share the part of the path that varies; give "
            'patterns such as "*/images/*.jpg" and "*/masks/*.png" where folders do '
            "not do."
        )
    return [Pair(scene, left[scene], right[scene]) for scene in sorted(left)]


def by_scene(where: str | Path, what: str) -> dict[str, Path]:
    """Find the rasters of one side by the part of the path that varies; see `find`.

    Args:
        where: A file, folder or glob pattern.
        what: What they are, for messages.

    Raises:
        FileNotFoundError: If there is no raster.
        ValueError: If two have the same name.
    """
    where = str(where)
    root = places.place(where)
    if glob.has_magic(where) and not root.exists():
        found = _fitting(where)
    else:
        found = [
            (str(PurePosixPath(_below(root, path)).with_suffix("")), path)
            for path in root.rglob("*")
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        ]
    if root.is_file():
        found = [(root.stem, root)]
    if not found:
        raise FileNotFoundError(f"no {what} at {where}. Correct the path or pattern.")
    scenes: dict[str, Path] = {}
    for scene, path in sorted(found):
        if scene in scenes:
            raise ValueError(
                f"{scenes[scene]} and {path} are both scene {scene!r}. Narrow the "
                f"pattern of the {what}s."
            )
        scenes[scene] = path
    return scenes


def _below(root: Path, path: Path) -> str:
    """Return where a file lies in a folder, whatever kind of path they are."""
    return path.as_posix().removeprefix(root.as_posix()).lstrip("/")


def _fitting(where: str) -> list[tuple[str, Path]]:
    """List the files that fit a pattern, by what its wildcards stand for."""
    if places.is_remote(places.place(where)):
        where, found = places.listed(where)
    else:
        names = glob.glob(where, recursive=True)
        found = {name: Path(name) for name in names if os.path.isfile(name)}
    pattern = re.compile(_to_regex(where))
    return [(_joined(pattern.fullmatch(name)), path) for name, path in found.items()]


def find_dated(images: str | Path, labels: str | Path, *, stacked: bool) -> list[Pair]:
    """Pair images of several dates with the label raster of their place.

    The place is the name of a scene without the date, which is written as 20180915,
    2018-09-15 or 2018_09_15; where there is one label raster, all images are of it.

    Args:
        images: A file, folder or glob pattern, as `find` takes.
        labels: The same for label rasters; a date in their names does not count.
        stacked: Whether the images of a place are one series, not scenes of their own.

    Raises:
        FileNotFoundError: If a side has no raster.
        ValueError: If a name tells no date, a place has no label, or a date twice.
    """
    left, right = by_scene(images, "image"), by_scene(labels, "label raster")
    grounds = {_place(name): path for name, path in right.items()}
    if len(grounds) < len(right):
        raise ValueError(
            f"{labels}: two label rasters of one place. Keep one of each place."
        )
    found: dict[str, dict[str, tuple[str, Path]]] = defaultdict(dict)
    for name, path in left.items():
        date = _DATE.search(name)
        if date is None:
            raise ValueError(
                f"{path}: no date such as 20180915 in its name. Rename it."
            )
        day = str(calendar.parse("".join(date.group(1, 3, 4))))
        place = _place(name)
        if len(grounds) == 1:
            (place,) = grounds
        if place not in grounds:
            raise ValueError(
                f"{path}: no label of its place {place!r}. There are "
                f"{', '.join([*grounds][:5])}."
            )
        other = found[place].setdefault(day, (name, path))
        if other[1] != path:
            raise ValueError(
                f"{path} and {other[1]} are of one place and date. Keep one, or put "
                "their bands together with `kerasseg prepare stack`."
            )
    return [
        pair
        for place in sorted(found)
        for pair in _of_place(place, found[place], grounds[place], stacked)
    ]


def _place(name: str) -> str:
    """Return a name without its date."""
    return re.sub(rf"[-_. ]*{_DATE.pattern}[-_. ]*", "_", name).strip("-_. /")


def _of_place(
    place: str, dated: dict[str, tuple[str, Path]], label: Path, stacked: bool
) -> list[Pair]:
    if not stacked:
        return [
            Pair(name, path, label, place or name)
            for _, (name, path) in sorted(dated.items())
        ]
    days = sorted(dated)
    files = tuple(dated[day][1] for day in days)
    return [Pair(place or label.stem, files, label, dates=tuple(days))]


def with_masks(found: Sequence[Pair], masks: str | Path) -> list[Pair]:
    """Give each image its mask, by the part of the path that varies, or by its date.

    Raises:
        FileNotFoundError: If there are no masks.
        ValueError: If an image has none.
    """
    named = by_scene(masks, "mask")
    return [
        replace(pair, masks=tuple(_mask(pair, path, named) for path in pair.images))
        for pair in found
    ]


def _mask(pair: Pair, image: Path, named: dict[str, Path]) -> Path:
    if pair.scene in named and not pair.dates:
        return named[pair.scene]
    date = _DATE.search(image.stem)
    day = date and date.group(1, 3, 4)
    fitting = [
        path
        for name, path in named.items()
        if day and any(found.group(1, 3, 4) == day for found in _DATE.finditer(name))
    ]
    here = [path for path in fitting if pair.place in path.as_posix()]
    chosen = fitting if len(fitting) == 1 else here
    if len(chosen) != 1:
        raise ValueError(
            f"{image}: {len(chosen) or 'no'} masks of its name or date. Give a pattern "
            "that finds one of each image."
        )
    return chosen[0]


def _to_regex(pattern: str) -> str:
    """Translate a glob pattern; each run of wildcards becomes a group."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern)
    table = {"**/": "((?:.*/)?)", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}
    return "".join(
        table.get(part) or (f"({part})" if index % 2 else re.escape(part))
        for index, part in enumerate(parts)
    )


def _joined(match: re.Match) -> str:
    return "/".join(part.strip("/") for part in match.groups() if part.strip("/"))


def _listed(values: list[str]) -> str:
    shown = "; ".join(values[:5])
    return shown + (f"; and {len(values) - 5} more" if len(values) > 5 else "")
