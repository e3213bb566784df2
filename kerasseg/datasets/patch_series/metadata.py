"""Read what a metadata file says of each patch: its number and its dates."""

import ast
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import dates


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ValueError: If it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON ({error}). Download it again.") from None


def patch_id(record: Mapping[str, Any], where: str) -> int:
    """Return the `ID_PATCH` of a record.

    Raises:
        ValueError: If it has none.
    """
    try:
        return int(record["ID_PATCH"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{where}: a patch without a whole number ID_PATCH. Download it again."
        ) from None


def check_unique(numbers: Sequence[int], where: str) -> None:
    """See to it that no patch occurs twice.

    Raises:
        ValueError: If one does.
    """
    twice = [number for number, times in Counter(numbers).items() if times > 1]
    if twice:
        raise ValueError(f"{where}: patch {twice[0]} occurs twice. Keep one of them.")


def patch_dates(record: Mapping[str, Any], key: str, where: str) -> np.ndarray:
    """Return the dates of a patch, `datetime64[D]` `(T,)`.

    They are a mapping from positions to dates. Depending on the program that wrote the
    file, the mapping is one, or the text of one in JSON or in Python.

    Args:
        record: What is known of the patch.
        key: `dates-S2` or the like.
        where: The patch, for messages.

    Raises:
        ValueError: If there are no dates, or they do not rise.
    """
    if record.get(key) is None:
        known = [name for name in record if name.startswith("dates-")]
        raise ValueError(
            f"{where} has no {key}; it has {', '.join(known) or 'no dates at all'}. "
            "Choose another satellite, or download the file again."
        )
    found = _decoded(record[key])
    if not isinstance(found, Mapping):
        raise ValueError(
            f"{where}: {key} is {str(record[key])[:40]!r}, not a mapping from 0, 1, "
            "... to dates. Download the file again."
        )
    try:
        values = [found[position] for position in sorted(found, key=int)]
        read = dates.parse_all(_whole(value) for value in values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}, {key}: {error}") from None
    dates.check_rising(read, f"{where}, {key}")
    return read


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return value


def _whole(value: Any) -> Any:
    """Undo what tables do to whole numbers: 20180917.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
