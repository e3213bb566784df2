"""S2TSCzCrop: Sentinel-2 time series of the Czech Republic in 2019, with crops.

6,945 patches of 128 x 128 pixels at 10 m on 12 tiles, 27 to 61 dates from September
2018 to October 2019, ten bands; labels from the register of parcels. The layout is that
of PASTIS with other names: files are `.npy` without the ending, metadata are records,
and bands lie as in a SAFE folder. Bands of a sample are in the order of PASTIS, so that
weights can be moved from one to the other.

The data are not public. Pixels "Not classified" are unlabelled, `legend.IGNORE`; the
legend has such a class all the same, the 15th, because the published models have an
output for it.

Source:
    Crop2Seg, https://github.com/Many98/Crop2Seg, and the documents beside it.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasseg import dates as calendar
from kerasseg.datasets.patch_series import (
    Norm,
    Patch,
    PatchSeries,
    check_files,
    read_norms,
)
from kerasseg.datasets.patch_series.metadata import (
    check_unique,
    patch_dates,
    patch_id,
    read_json,
)
from kerasseg.datasets.s2tsczcrop.classes import BANDS, FROM_SAFE, LEGEND
from kerasseg.datasets.s2tsczcrop.fake import write_fake

__all__ = ["load", "write_fake"]

_METADATA, _NORM = "metadata.json", "NORM_S2_patch.json"
_CURE = "Copy the data again, all of them."


def load(
    split: Literal["train", "val", "test"],
    root: str | Path = "data/S2TSCzCrop",
    *,
    reference_date: str = "2018-09-01",
    date: str | int | None = None,
) -> PatchSeries:
    """Load one split of S2TSCzCrop, but for patches whose status is REMOVED.

    Args:
        split: Which, as `set` of each patch says.
        root: The folder with `metadata.json`.
        reference_date: Day 0 of the season, as `2018-09-01`; no date may lie before.
        date: Take one image per patch, of the date nearest to this one, instead of the
            series: `2019-05-15`.

    Raises:
        FileNotFoundError: If there is nothing to load, or files are missing.
        ValueError: If files do not fit each other, or no patch is in the split.
    """
    root = Path(root)
    reference = None if date is not None else calendar.parse(reference_date)
    wanted = None if date is None else calendar.parse(date)
    patches = tuple(_patch(root, found, reference) for found in _records(root, split))
    check_files(patches, f"{root}, split {split!r}", _CURE)
    norm = read_norms(root / _NORM, ["train"], len(BANDS), _CURE)["train"]
    order = list(FROM_SAFE)
    return PatchSeries(
        root=root,
        patches=patches,
        bands=BANDS,
        legend=LEGEND,
        norm=Norm(norm.mean[order], norm.std[order]),
        files=(root / _METADATA, root / _NORM),
        order=FROM_SAFE,
        date=wanted,
    )


def _records(root: Path, split: str) -> list[dict[str, Any]]:
    """Return the records of a split, in the order of their numbers."""
    path = root / _METADATA
    if not path.is_file():
        raise FileNotFoundError(
            f"no S2TSCzCrop at {root} (no {_METADATA} there). It is not public: ask "
            f"its authors, or write a stand-in: kerasseg sample s2tsczcrop {root}"
        )
    records = read_json(path)
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ValueError(f"{path} is not a list of records, one a patch. {_CURE}")
    kept = [found for found in records if found.get("Status") != "REMOVED"]
    chosen = [found for found in kept if found.get("set") == split]
    if not chosen:
        sets = sorted({str(found.get("set")) for found in kept})
        raise ValueError(
            f"{path}: no patch in split {split!r}, of {len(kept)} in all; `set` is "
            f"{', '.join(sets) or 'missing'}. Choose another split, or correct `set`."
        )
    check_unique([patch_id(found, str(path)) for found in chosen], str(path))
    return sorted(chosen, key=lambda found: int(found["ID_PATCH"]))


def _patch(
    root: Path, record: dict[str, Any], reference: np.datetime64 | None
) -> Patch:
    number = int(record["ID_PATCH"])
    where = f"{root / _METADATA}, patch {number}"
    dates = patch_dates(record, "dates-S2", where)
    counted = dates[0] if reference is None else reference
    return Patch(
        id=str(number),
        image=root / "DATA_S2" / f"S2_{number}",
        label=root / "ANNOTATIONS" / f"TARGET_{number}",
        dates=dates,
        days=calendar.days_since(dates, counted, where),
    )
