"""Find the images of several dates of one place, and the masks that belong to them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kerasseg import dates as calendar
from kerasseg.prepare.pairs import Pair, by_scene

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")


def find(images: str | Path, labels: str | Path, *, stacked: bool) -> list[Pair]:
    """Pair images of several dates with the label raster of their place.

    The place is the name of a scene without the date, which is written as 20180915,
    2018-09-15 or 2018_09_15; where there is one label raster, all images are of it.

    Args:
        images: A file, folder or glob pattern, as `pairs.find` takes.
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

    Where images of several places are of one date, the name of the mask must hold the
    place, too.

    Raises:
        FileNotFoundError: If there are no masks.
        ValueError: If an image has none, or several.
    """
    named = by_scene(masks, "mask")
    grounds: dict[str | None, set[str]] = defaultdict(set)
    for pair in found:
        for day in filter(None, _days(pair)):
            grounds[day].add(pair.place)
    return [
        replace(
            pair,
            masks=tuple(
                _mask(pair, image, day, named, len(grounds[day]) > 1)
                for image, day in zip(pair.images, _days(pair), strict=True)
            ),
        )
        for pair in found
    ]


def _days(pair: Pair) -> tuple[str | None, ...]:
    """Return the date of each image, as 2018-09-15."""
    return pair.dates or (next(iter(_dates(pair.scene)), None),)


def _dates(name: str) -> list[str]:
    return ["-".join(found.group(1, 3, 4)) for found in _DATE.finditer(name)]


def _mask(
    pair: Pair, image: Path, day: str | None, named: dict[str, Path], shared: bool
) -> Path:
    """Choose a mask; `shared` tells that other places have images of that day."""
    if pair.scene in named and not pair.dates:
        return named[pair.scene]
    chosen = {name: path for name, path in named.items() if day in _dates(name)}
    if shared or len(chosen) > 1:
        whole = re.compile(rf"(?<![^\W_]){re.escape(pair.place)}(?![^\W_])")
        chosen = {n: path for n, path in chosen.items() if whole.search(_place(n))}
    if len(chosen) != 1:
        raise ValueError(
            f"{image}: {len(chosen) or 'no'} masks of its name or date"
            f"{f' and place {pair.place!r}' if shared else ''}. Give a pattern that "
            "finds one of each image."
        )
    return next(iter(chosen.values()))
