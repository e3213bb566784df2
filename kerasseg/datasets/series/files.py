"""Find the files of each date, and hold them against the grid of the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kerasseg import raster
from kerasseg.datasets.series import naming

Patterns = str | Sequence[str] | Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class File:
    """Some bands of one date.

    Args:
        path: The file.
        date: When it was taken, `datetime64[D]`.
        bands: One name per band.
        factor: Pixels of the labels along one pixel of the file.
        height: Rows of the file.
        width: Columns of the file.
        dtype: Stored type.
        nodata: The value that stands for nothing, or None.
    """

    path: Path
    date: np.datetime64
    bands: tuple[str, ...]
    factor: int
    height: int
    width: int
    dtype: str
    nodata: float | None


def find(
    root: Path, patterns: Patterns, dated: naming.Dated, label: raster.Info
) -> tuple[File, ...]:
    """Find files by their names, and look at their heads.

    Args:
        root: The folder.
        patterns: What their names look like, with the names of their bands where
            they are given.
        dated: What tells a file's date.
        label: The grid.

    Returns:
        Sorted by date, and by name within a date.

    Raises:
        FileNotFoundError: If a pattern finds no file.
        ValueError: If a file has no date, cannot be read, or lies elsewhere.
    """
    if isinstance(patterns, str):
        patterns = (patterns,)
    if not isinstance(patterns, Mapping):
        patterns = dict.fromkeys(patterns, ())
    found: dict[Path, File] = {}
    for pattern, names in patterns.items():
        paths = sorted(_glob(root, pattern))
        if not paths:
            raise FileNotFoundError(
                f"no image at {root / pattern}. Correct `root` or the pattern."
            )
        for path in paths:
            date = None if path == label.path else dated(path.relative_to(root))
            if date is not None:
                found[path] = _file(path, date, tuple(names), label)
    return tuple(sorted(found.values(), key=lambda file: (file.date, file.path)))


def of_bands(
    files: Sequence[File], bands: Sequence[str] | None
) -> tuple[tuple[str, ...], str]:
    """See to it that each date has each band once, all of one type.

    Args:
        files: Of all dates.
        bands: The bands wanted, in order; None for all there are.

    Returns:
        The bands, and the stored type.

    Raises:
        ValueError: If a band is missing or occurs twice, or types differ.
    """
    bands = _wanted(files, bands)
    first = next(file for file in files if {*file.bands} & {*bands})
    holding: dict[tuple[np.datetime64, str], Path] = {}
    for file in files:
        for name in {*file.bands} & {*bands}:
            _note(holding, file, name)
            if file.dtype != first.dtype:
                raise ValueError(
                    f"{file.path} is of {file.dtype}, but {first.path} of "
                    f"{first.dtype}. Store all bands in one type."
                )
    for file in files:
        missing = [name for name in bands if (file.date, name) not in holding]
        if missing:
            raise ValueError(
                f"{file.path}: date {file.date} has no band {', '.join(missing)}, "
                "which other dates have. Add it, take the date out, or name the "
                "`bands` that all dates have."
            )
    return bands, first.dtype


def _wanted(files: Sequence[File], bands: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(name for file in files for name in file.bands))
    bands = known if bands is None else tuple(bands)
    unknown = [name for name in bands if name not in known]
    if unknown:
        raise ValueError(
            f"bands: no {', '.join(unknown)} in the files, which have "
            f"{', '.join(known)}. Correct the names."
        )
    if len(set(bands)) < len(bands) or not bands:
        raise ValueError(f"bands: {', '.join(bands)}. Name each band once.")
    return bands


def _note(holding: dict, file: File, name: str) -> None:
    other = holding.setdefault((file.date, name), file.path)
    if other != file.path:
        raise ValueError(
            f"{file.path}: band {name} of {file.date} is in {other} too. Keep one, "
            "or give `images` a pattern for each with the names of its bands."
        )


def _glob(root: Path, pattern: str) -> list[Path]:
    try:
        return [path for path in root.glob(pattern) if path.is_file()]
    except (ValueError, NotImplementedError):
        raise ValueError(
            f"pattern {pattern!r}. Give one relative to `root`, such as images/*.tif."
        ) from None


def _file(
    path: Path,
    date: np.datetime64,
    names: tuple[str, ...],
    label: raster.Info,
) -> File:
    about = raster.info(path)
    if names and len(names) != about.count:
        raise ValueError(
            f"{path} has {about.count} bands, but {len(names)} are named: "
            f"{', '.join(names)}. Name each."
        )
    if not names and about.bands == ("band_1",):
        names = (naming.band(path) or "band_1",)
    return File(
        path=path,
        date=date,
        bands=names or about.bands,
        factor=_factor(about, label),
        height=about.height,
        width=about.width,
        dtype=about.dtype,
        nodata=about.nodata,
    )


def _factor(about: raster.Info, label: raster.Info) -> int:
    """Return how many times coarser a file is than the labels, a whole number."""
    factor = -(-label.width // about.width)
    if about.is_georeferenced and label.is_georeferenced and label.transform.a:
        factor = max(round(about.transform.a / label.transform.a), 1)
    # A side that is not a multiple leaves a last pixel that reaches beyond it.
    coarse = replace(
        label,
        height=-(-label.height // factor),
        width=-(-label.width // factor),
        transform=label.transform @ label.transform.scale(factor),
    )
    if about.has_grid_of(coarse):
        return factor
    raise raster.RasterError(
        f"{label.path}: {_grid(label)}, but {about.path}: {_grid(about)}. Labels must "
        "lie on the grid of the finest images, and coarser images be a whole number "
        "of times coarser: bring labels there with `kerasseg prepare align`."
    )


def _grid(about: raster.Info) -> str:
    place = about.transform
    system = about.crs.to_string() if about.crs else "no CRS"
    return (
        f"{about.height} x {about.width} pixels of {abs(place.a):g} from "
        f"({place.c:g}, {place.f:g}), {system}"
    )
