"""The files of a folder of patches: index, facts and pixels."""

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import legend as legends
from kerasseg.legend import Legend
from kerasseg.raster import plain

INDEX, LEGEND, ABOUT = "index.csv", "legend.json", "patches.json"
FIELDS = ("id", "scene", "row", "column", "split")
"""The first columns of the index; pixels per class and `ignored` follow."""


def index_text(legend: Legend, lines: Iterable[tuple]) -> str:
    """Return the text of an index: `FIELDS`, pixels per class, ignored pixels."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*FIELDS, *legend.names, "ignored"])
    table.writerows(lines)
    return text.getvalue()


def crc(image: np.ndarray, label: np.ndarray) -> int:
    """Return the CRC-32 of the pixels of a patch."""
    return zlib.crc32(label.tobytes(), zlib.crc32(image.tobytes()))


def fingerprint(legend: Legend, index: str, checks: Iterable[tuple[str, int]]) -> str:
    """Hash legend, index and the CRC-32 of each patch into twelve digits."""
    contents = [f"{name} {value:08x}" for name, value in checks]
    return digest("\n".join([legends.dumps(legend), index, *contents]))


def digest(text: str) -> str:
    """Hash a text into twelve digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_image(root: Path, name: str) -> np.ndarray:
    """Read an image as it lies on disk, `(H, W, C)`, or `(H, W, T * C)` of a series."""
    return plain.read(root / "images" / f"{name}.tif")


def read(root: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read image and label as they lie on disk, `(H, W, C)` and `(H, W)`."""
    image = read_image(root, name)
    return image, plain.read(root / "labels" / f"{name}.tif")[..., 0]


def read_about(root: Path) -> dict[str, Any]:
    """Read what `patches.json` tells.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is damaged.
    """
    path = root / ABOUT
    if not path.is_file():
        raise FileNotFoundError(
            f"no patches at {root} (no {ABOUT} there). Make them with `kerasseg "
            "prepare patches`, or correct the path."
        )
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        about = about if isinstance(about, dict) else {}
        needed = ("size", "bands", "mean", "std", "index")
        found = {key: about[key] for key in needed}
        return found | {key: about.get(key, {}) for key in ("dates", "statistics")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: damaged or not of kerasseg ({_fault(error)}). "
            "Prepare the data again."
        ) from None


def _fault(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def read_index(root: Path, about: dict[str, Any], legend: Legend) -> list[list[str]]:
    """Read the lines of the index.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is not the one that `patches.json` or the legend tells of.
    """
    path = root / INDEX
    if not path.is_file():
        raise FileNotFoundError(f"no index at {path}. Prepare the data again.")
    text = path.read_text(encoding="utf-8")
    if digest(text) != about["index"]:
        raise ValueError(
            f"{path} is not the index {ABOUT} was written with. Prepare the data again."
        )
    head, *lines = csv.reader(io.StringIO(text))
    expected = [*FIELDS, *legend.names, "ignored"]
    if head != expected:
        raise ValueError(
            f"{path} has columns {', '.join(head)}, but {LEGEND} asks for "
            f"{', '.join(expected)}. Prepare the data again."
        )
    return lines
