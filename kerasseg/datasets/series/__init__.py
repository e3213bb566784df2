"""Your own series: a folder of dated GeoTIFFs of one scene, and its labels.

Nothing is prepared first: bands of a date may lie in one file or in several, at the
pixel size of the labels or coarser (10 and 20 m of Sentinel-2, say), and patches are
read from them as windows. Reading decodes whole tiles, so patches as large as these,
with the augmentation `random_crop`, cost less than many small ones.

    images/S2_20180804_10m.tif   B02 B03 B04 B08, 10 m
    images/S2_20180804_20m.tif   B05 B06 B07 B8A B11 B12, 20 m
    ...
    labels.tif                   values of classes, on the grid of the 10 m files
    legend.json                  what they mean; see `legend.from_dict`

A date is a date even where its frame is all nodata: models are told of padding by
`days` alone. Pixels without data are 0, and 0 is left out of the statistics.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Interval

from kerasseg import dates as calendar
from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.datasets.series import files, naming, splits
from kerasseg.datasets.series import labels as of_labels
from kerasseg.datasets.series.files import File
from kerasseg.datasets.series.patches import Series
from kerasseg.datasets.series.scene import Clouds, Scene
from kerasseg.datasets.series.world import write_fake

__all__ = ["load", "write_fake"]

BASELINE_04 = np.datetime64("2022-01-25", "D")
"""Since when Sentinel-2's products have 1000 added to their values."""


def load(  # noqa: PLR0913  (each is a key of a recipe)
    split: Literal["train", "val", "test"],
    root: str | Path = "data/series",
    *,
    images: str | Sequence[str] | Mapping[str, Sequence[str]] = "images/*.tif",
    labels: str = "labels.tif",
    legend: str | Path | None = None,
    bands: Sequence[str] | None = None,
    dates: str | Path | None = None,
    date_format: str | None = None,
    reference_date: str | None = None,
    days: Literal["season", "lunar_year"] = "season",
    resampling: Literal["nearest", "cubic"] = "nearest",
    offset: Annotated[int, Ge(0)] | Literal["auto"] = 0,
    clouds: str | None = None,
    clear: Sequence[int] = (4, 5, 6, 7),
    min_clear: Annotated[float, Interval(ge=0, le=1)] = 0.5,
    drop_empty: bool = False,
    patch_size: Annotated[int, Ge(1)] = 64,
    splits_file: str | Path | None = None,
    quarters: Mapping[str, Sequence[int]] | None = None,
    fractions: Sequence[float] = (0.7, 0.2, 0.1),
    block: Annotated[int, Ge(1)] | None = None,
    seed: Annotated[int, Ge(0)] = 1,
) -> Series:
    """Load one split.

    Patches lie side by side, from the upper left; at the right and lower border they
    are filled up with unlabelled pixels. Those without any label are left out. Which
    split they are in is told by `splits_file`, else by `quarters`, else drawn.

    Args:
        split: Which.
        root: The folder.
        images: Patterns of the files of bands, or a mapping from a pattern to the
            names of the bands, where files do not name them.
        labels: The raster of labels, as seen from the folder.
        legend: What its values mean, YAML or JSON; by default `legend.json` in the
            folder.
        bands: The bands wanted, in order; by default all, in the order of the files.
        dates: A table, CSV with columns `file`, as seen from the folder, and `date`.
            Files it does not name, cloud masks too, are left out. By default names
            tell the dates.
        date_format: How names write dates, such as `%d%m%Y` or `%Y%j`; by default
            20180915, 2018-09-15 and 2018_09_15 are found.
        reference_date: Day 0, such as 2018-09-01; by default the first date of all.
        days: What models are told of dates: days since then, or since the Chinese New
            Year before, as STENN does. Only the first always rise.
        resampling: How coarser bands come to the grid of the labels: `nearest`
            repeats their pixels, `cubic` smooths (GDAL's cubic convolution).
        offset: Taken from each value with data, which then is at least 1. Products
            of Sentinel-2 since baseline 04.00 have 1000 to be taken; `auto` takes it
            from dates since 2022-01-25.
        clouds: Pattern of the cloud masks, one of each date, such as Sentinel-2's
            scene classification. By default all dates are kept.
        clear: Values of a mask that mean a clear view.
        min_clear: Where a smaller share of a patch is clear, it does without that
            date. One date is always kept, the clearest.
        drop_empty: Whether a patch does without dates that have no data there.
        patch_size: Pixels along a patch's side.
        splits_file: JSON of patches and splits, `{"r0_c64": "train", ...}`: the names
            are row and column of the upper left pixel.
        quarters: Quarters of the scene for each split, 1 upper left, 2 upper right,
            3 lower left, 4 lower right: `{train: [1, 2, 3], val: [4], test: [4]}`.
        fractions: Shares of train, val and test, of blocks of patches.
        block: Patches along a block's side; by default an eighth of the scene's.
        seed: Another seed, another draw of blocks.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If files do not fit each other or the options, or the split is
            empty.
    """
    root = Path(root)
    label = of_labels.describe(root / labels)
    known = legends.read(legend or root / "legend.json")
    dated = naming.by_name(date_format)
    if dates:
        dated = naming.by_table(Path(dates), root)
    found = files.find(root, images, dated, label)
    masks = files.find(root, clouds, dated, label) if clouds else ()
    no_images = {mask.path for mask in masks}
    found = tuple(file for file in found if file.path not in no_images)
    if not found:
        raise ValueError(f"{root}: no image with a date. Correct the table of `dates`.")
    names, dtype = files.of_bands(found, bands)
    taken = np.unique([file.date for file in found])
    scene = Scene(
        root=root,
        label=label,
        legend=known,
        bands=names,
        dtype=dtype,
        dates=taken,
        days=_counted(taken, days, reference_date, str(root)),
        files=tuple(tuple(_useful(found, date, names)) for date in taken),
        offsets=_offsets(offset, taken, dtype),
        resampling=resampling,
        clouds=Clouds.of(taken, masks, clear, min_clear) if clouds else None,
        drop_empty=drop_empty,
    )
    windows, counts = of_labels.patches(label, known, patch_size)
    ids = tuple(f"r{window.row}_c{window.column}" for window in windows)
    if splits_file:
        members = splits.by_file(Path(splits_file), ids)
    elif quarters:
        members = splits.by_quarter(quarters, windows, label.height, label.width)
    else:
        members = splits.by_block(windows, counts, fractions, block, seed)
    return _split(scene, split, members, windows, ids, counts)


def _useful(found: Sequence[File], date: np.datetime64, names: Sequence[str]):
    return (file for file in found if file.date == date and {*file.bands} & {*names})


def _counted(
    taken: np.ndarray, days: str, reference_date: str | None, where: str
) -> np.ndarray:
    if days == "lunar_year":
        return calendar.days_since_lunar_new_year(taken, where)
    first = calendar.parse(reference_date) if reference_date else taken[0]
    return calendar.days_since(taken, first, where)


def _offsets(offset: int | str, taken: np.ndarray, dtype: str) -> tuple[int, ...]:
    if offset == "auto":
        chosen = tuple(1000 * int(date >= BASELINE_04) for date in taken)
    else:
        chosen = (offset,) * len(taken)
    if np.dtype(dtype).kind in "ui" and max(chosen) >= np.iinfo(dtype).max:
        raise ValueError(f"offset {max(chosen)} of {dtype} pixels. Give a smaller one.")
    return chosen


def _split(
    scene: Scene,
    split: str,
    members: Mapping[str, Sequence[int]],
    windows: Sequence[raster.Window],
    ids: Sequence[str],
    counts: np.ndarray,
) -> Series:
    chosen = members.get(split, ())
    if not chosen:
        raise ValueError(
            f"{scene.root}: no patch in split {split!r}, of {len(ids)} in all. Give it "
            "a fraction, quarters or patches, or choose a smaller patch_size or block."
        )
    return Series(
        scene=scene,
        ids=tuple(ids[place] for place in chosen),
        windows=tuple(windows[place] for place in chosen),
        counts=counts[list(chosen)],
        training=tuple(windows[place] for place in members.get("train", ())),
    )
