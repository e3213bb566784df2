"""What the names of files tell: the date, and the band of a file of one band."""

import csv
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from kerasseg import dates

_PLAIN = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")
_SENTINEL2 = re.compile(r"(?<![A-Za-z0-9])(B\d\d|B8A|SCL)(?![A-Za-z0-9])")
_DIRECTIVES = {"Y": r"\d{4}", "y": r"\d\d", "m": r"\d\d", "d": r"\d\d", "j": r"\d{3}"}

Dated = Callable[[Path], np.datetime64 | None]
"""From a file, its path relative to the data, to its date; None: leave it out."""


def by_name(form: str | None = None) -> Dated:
    """Return what reads dates from names.

    The first date of the name counts, as in Sentinel-2's products: what comes later
    is when they were made. Where the name has none, its folders are looked at.

    Args:
        form: Such as `"%d%m%Y"` or `"%Y%j"`; by default `20180915`, `2018-09-15` or
            `2018_09_15` are found.

    Raises:
        ValueError: If the form does not tell a day.
    """
    search = _plain if form is None else _searching(form)

    def dated(path: Path) -> np.datetime64:
        for part in reversed(path.parts):
            found = search(part)
            if found is not None:
                return found
        wanted = "as 20180915 or 2018-09-15" if form is None else f"of form {form!r}"
        raise ValueError(
            f"{path}: no date {wanted} in its name. Rename it, or give `date_format` "
            "or a table of `dates`."
        )

    return dated


def by_table(path: Path, root: Path) -> Dated:
    """Return what reads dates from a table, CSV with columns `file` and `date`.

    Files are named as seen from `root`. Those it does not name have no date.

    Raises:
        FileNotFoundError: If there is no such table, or no such file as it names.
        ValueError: If it is no such table, or a date is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no table of dates at {path}. Correct the path.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file, skipinitialspace=True))
    if not lines or not {"file", "date"} <= lines[0].keys():
        raise ValueError(f"{path}: no columns `file` and `date`. Write both as heads.")
    table = {}
    for line in lines:
        name, date = (line["file"] or "").strip(), (line["date"] or "").strip()
        if not (root / name).is_file():
            raise FileNotFoundError(
                f"no file at {root / name}, which {path} names. Correct the table."
            )
        try:
            table[Path(name)] = dates.parse(date)
        except ValueError as error:
            raise ValueError(f"{path}: {name}: {error}") from None
    return table.get


def band(path: Path) -> str | None:
    """Return the band of Sentinel-2's (`B02`, `B8A`, `SCL`) that a name tells."""
    found = _SENTINEL2.search(path.name)
    return found[1] if found else None


def _plain(text: str) -> np.datetime64 | None:
    for found in _PLAIN.finditer(text):
        try:
            return dates.parse("".join(found.group(1, 3, 4)))
        except ValueError:
            continue
    return None


def _searching(form: str) -> Callable[[str], np.datetime64 | None]:
    used = re.findall(r"%(.)", form)
    days = {"j"} <= set(used) or {"m", "d"} <= set(used)
    if not set(used) <= _DIRECTIVES.keys() or not days or not {"Y", "y"} & set(used):
        raise ValueError(
            f'date_format {form!r} does not tell a day. Write such as "%Y%m%d" or '
            '"%Y%j", of %Y or %y, %m and %d or %j.'
        )
    pattern = re.sub(r"%(.)", lambda m: _DIRECTIVES[m[1]], re.escape(form))
    whole = re.compile(rf"(?<!\d){pattern}(?!\d)")

    def search(text: str) -> np.datetime64 | None:
        for found in whole.finditer(text):
            try:
                return np.datetime64(datetime.strptime(found[0], form).date(), "D")
            except ValueError:
                continue
        return None

    return search
