"""What `metadata.geojson` says of each patch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg.datasets.patch_series.metadata import (
    check_unique,
    patch_dates,
    patch_id,
    read_json,
)

NAME = "metadata.geojson"


@dataclass(frozen=True, eq=False)
class Record:
    """One patch.

    Args:
        number: Its `ID_PATCH`.
        fold: Its fold, `None` where it has none.
        where: File and patch, for messages.
        properties: All that is known of it.
    """

    number: int
    fold: int | None
    where: str
    properties: dict[str, Any]

    def dates(self, satellite: str) -> np.ndarray:
        """Return the dates of its frames, `datetime64[D]` `(T,)`."""
        return patch_dates(self.properties, f"dates-{satellite}", self.where)


def read_records(root: Path) -> list[Record]:
    """Read the records of all patches, in the order of their numbers.

    Raises:
        FileNotFoundError: If there is no metadata.
        ValueError: If it is damaged, or a number occurs twice.
    """
    path = root / NAME
    if not path.is_file():
        raise FileNotFoundError(
            f"no PASTIS at {root} (no {NAME} there). Download PASTIS.zip from "
            "https://zenodo.org/records/5012942, or PASTIS-R.zip (MD5 "
            "4887513d6c2d2b07fa935d325bd53e09) from https://zenodo.org/records/5735646,"
            f" and unpack it there, or write a stand-in: kerasseg sample pastis {root}"
        )
    content = read_json(path)
    try:
        properties = [dict(feature["properties"]) for feature in content["features"]]
    except (TypeError, KeyError, ValueError):
        raise ValueError(
            f"{path} is not a list of features with properties. Download it again."
        ) from None
    records = [_record(found, path) for found in properties]
    check_unique([record.number for record in records], str(path))
    return sorted(records, key=lambda record: record.number)


def _record(properties: dict[str, Any], path: Path) -> Record:
    number = patch_id(properties, str(path))
    where = f"{path}, patch {number}"
    fold = properties.get("Fold")
    try:
        fold = None if fold is None else int(fold)
    except (TypeError, ValueError):
        raise ValueError(
            f"{where}: Fold {fold!r} is not a whole number. Correct it."
        ) from None
    return Record(number, fold, where, properties)
