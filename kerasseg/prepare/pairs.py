"""Find which image belongs to which label raster."""

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kerasseg import places

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
