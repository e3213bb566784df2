"""PASTIS: Sentinel-2 time series of France with crops, parcel by parcel.

2,433 patches of 128 x 128 pixels at 10 m, 38 to 61 dates from September 2018 to
November 2019, ten bands; 18 crops, background, and void for parcels mostly outside
their patch. PASTIS-R adds Sentinel-1, ascending (S1A) and descending (S1D) orbits.

Download `PASTIS.zip` (28,760,245,504 bytes) from https://zenodo.org/records/5012942,
or `PASTIS-R.zip` (MD5 4887513d6c2d2b07fa935d325bd53e09), which has all of it and
Sentinel-1, from https://zenodo.org/records/5735646, and unpack it.

Void is unlabelled: pixels of it are `legend.IGNORE`, neither learnt nor scored. The
legend has a class "Void" all the same, the 20th, because the published models have an
output for it. Both ways to score such a model can be read from a confusion matrix: its
column counts as wrong, or is deleted, as the published code does.

Source:
    Garnot and Landrieu, Panoptic Segmentation of Satellite Image Time Series with
    Convolutional Temporal Attention Networks, ICCV 2021, https://arxiv.org/abs/2107.07933;
    Garnot, Landrieu and Chehata, Multi-Modal Temporal Attention Models for Crop Mapping
    from Satellite Time Series, ISPRS 2022, https://arxiv.org/abs/2112.07558.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Interval

from kerasseg import dates as calendar
from kerasseg.datasets.pastis.classes import legend
from kerasseg.datasets.pastis.fake import write_fake
from kerasseg.datasets.pastis.folds import Folds, choose
from kerasseg.datasets.pastis.records import NAME as METADATA
from kerasseg.datasets.pastis.records import Record, read_records
from kerasseg.datasets.patch_series import (
    Norm,
    Patch,
    PatchSeries,
    check_files,
    read_norms,
)

__all__ = ["load", "write_fake"]

BANDS = {
    "S2": ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
    "S1A": ("VV", "VH", "VV/VH"),
    "S1D": ("VV", "VH", "VV/VH"),
}
_CURE = "Unpack the archive of PASTIS again, at this place."


def load(  # noqa: PLR0913  (each is a key of a recipe)
    split: Literal["train", "val", "test"],
    root: str | Path = "data/PASTIS",
    *,
    satellite: Literal["S2", "S1A", "S1D"] = "S2",
    run: Annotated[int, Interval(ge=1, le=5)] = 1,
    folds: Mapping[str, Sequence[int]] | None = None,
    reference_date: str = "2018-09-01",
    days: Literal["season", "lunar_year"] = "season",
    date: str | int | None = None,
    normalized_by: Literal["training", "split", "fold"] = "training",
    max_patches: Annotated[int, Ge(1)] | None = None,
) -> PatchSeries:
    """Load one split of PASTIS, or of data in its layout.

    Data of your own in the layout of PASTIS are read too; their classes may stand in a
    `classes.json`, a list of `{"index": 0, "name": "Meadow"}`, index 19 being void.

    Args:
        split: Which.
        root: The folder with `metadata.geojson`.
        satellite: Sentinel-2, or, with PASTIS-R, Sentinel-1 ascending or descending.
        run: Which of the five official runs. Run 1 trains on folds 1, 2 and 3,
            validates on 4 and tests on 5; each further run moves on by one fold.
        folds: Folds of `train`, `val` and `test`, instead of those of a run.
        reference_date: Day 0 of the season, as `2018-09-01`; no date may lie before.
        days: What models are told of dates: days since the reference date, or since
            the Chinese New Year before, as STENN does. Only the first always rise.
        date: Take one image per patch, of the date nearest to this one, instead of the
            series: `2019-05-15`.
        normalized_by: Whose mean and deviation pixels of validation and test meet.
            `training` takes those of the training folds. `split` takes those of the
            split's own folds, as the published U-TAE does; `fold`, of each patch's own
            fold, as the published STENN does. Both rescale pixels here, to float32.
        max_patches: Take no more than the first so many patches of the split, for
            experiments on little data.

    Raises:
        FileNotFoundError: If there is nothing to load, or files are missing.
        ValueError: If files do not fit each other, or no patch is in the split.
    """
    _check(satellite, days, normalized_by)
    root = Path(root)
    records = read_records(root)
    known = sorted({record.fold for record in records} - {None})
    chosen = choose(split, run, folds, known, root / METADATA)
    norms = _norms(root, satellite, {*chosen.train, *chosen.split})
    training = Norm.average(norms[fold] for fold in chosen.train)
    wanted = None if date is None else calendar.parse(date)
    count = _counting(days, reference_date) if date is None else _no_days
    patches = tuple(
        _patch(root, record, satellite, count, _own(normalized_by, chosen, norms, fold))
        for fold in chosen.split
        for record in records
        if record.fold == fold
    )
    check_files(patches, f"{root}, split {split!r}", _CURE)
    return PatchSeries(
        root=root,
        patches=patches[:max_patches],
        bands=BANDS[satellite],
        legend=legend(root),
        norm=training,
        files=(root / METADATA, root / _norm_name(satellite)),
        date=wanted,
    )


def _check(satellite: str, days: str, normalized_by: str) -> None:
    for name, value, known in (
        ("satellite", satellite, tuple(BANDS)),
        ("days", days, ("season", "lunar_year")),
        ("normalized_by", normalized_by, ("training", "split", "fold")),
    ):
        if value not in known:
            raise ValueError(
                f"pastis: {name} {value!r}. Choose from: {', '.join(known)}."
            )


def _norms(root: Path, satellite: str, folds: set[int]) -> dict[int, Norm]:
    names = {f"Fold_{fold}": fold for fold in sorted(folds)}
    path = root / _norm_name(satellite)
    read = read_norms(path, names, len(BANDS[satellite]), _CURE)
    return {fold: read[name] for name, fold in names.items()}


def _norm_name(satellite: str) -> str:
    return f"NORM_{satellite}_patch.json"


def _own(by: str, chosen: Folds, norms: dict[int, Norm], fold: int) -> Norm | None:
    """Return the norm a patch's pixels are restated from; `None` to leave them."""
    if by == "training" or (by == "split" and chosen.split == chosen.train):
        return None
    own = chosen.split if by == "split" else (fold,)
    return Norm.average(norms[number] for number in own)


def _counting(
    days: str, reference_date: str
) -> Callable[[np.ndarray, str], np.ndarray]:
    if days == "lunar_year":
        return calendar.days_since_lunar_new_year
    reference = calendar.parse(reference_date)
    return lambda dates, where: calendar.days_since(dates, reference, where)


def _no_days(dates: np.ndarray, _: str) -> np.ndarray:
    """Count nothing: an image has no day."""
    return np.zeros(len(dates), np.int32)


def _patch(
    root: Path,
    record: Record,
    satellite: str,
    count: Callable[[np.ndarray, str], np.ndarray],
    norm: Norm | None,
) -> Patch:
    dates = record.dates(satellite)
    return Patch(
        id=str(record.number),
        image=root / f"DATA_{satellite}" / f"{satellite}_{record.number}.npy",
        label=root / "ANNOTATIONS" / f"TARGET_{record.number}.npy",
        dates=dates,
        days=count(dates, record.where),
        norm=norm,
    )
