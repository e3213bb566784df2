"""Find which image belongs to which label raster."""

import glob
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kerasseg import dates as calendar

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
    if Path(images).is_file() and Path(labels).is_file():
        return [Pair(Path(images).stem, Path(images), Path(labels))]
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
    if glob.has_magic(where) and not Path(where).exists():
        pattern = re.compile(_to_regex(where))
        found = [
            (_joined(pattern.fullmatch(path)), Path(path))
            for path in glob.glob(where, recursive=True)
            if os.path.isfile(path)
        ]
    else:
        found = [
            (path.relative_to(where).with_suffix("").as_posix(), path)
            for path in Path(where).rglob("*")
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        ]
    if Path(where).is_file():
        found = [(Path(where).stem, Path(where))]
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
    places = {_place(name): path for name, path in right.items()}
    if len(places) < len(right):
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
        if len(places) == 1:
            (place,) = places
        if place not in places:
            raise ValueError(
                f"{path}: no label of its place {place!r}. There are "
                f"{', '.join([*places][:5])}."
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
        for pair in _of_place(place, found[place], places[place], stacked)
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
