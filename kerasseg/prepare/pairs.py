"""Find which image belongs to which label raster."""

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg", ".png", ".jp2", ".img", ".vrt")
"""Files of a folder that are taken for rasters."""


@dataclass(frozen=True)
class Pair:
    """An image and its label raster.

    Args:
        scene: What the two paths have in common, the name of the scene.
        image: The image.
        label: The label raster, on the same grid.
    """

    scene: str
    image: Path
    label: Path


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
