"""K5: dates of a series, and the offset that Sentinel-2's products got in 2022.

Since processing baseline 04.00, 25 January 2022, 1000 is added to the values of
Sentinel-2's products, so that none is negative. A series across that day rises by a
tenth of full reflectance unless the offset is taken off. The dark end of a date tells:
water, shadow and forest reflect next to nothing in some band, so that clear dates fall
far below 1000, and with the offset none can. Clouds make a date brighter, and nothing
makes it darker; so of each side the darkest date counts. Where few dates are there, all
of one side may be cloudy: their dark end is then, as a rule, far above 1000.

Source:
    ESA, Sentinel-2 Products Specification, baseline 04.00: RADIO_ADD_OFFSET and
    BOA_ADD_OFFSET of -1000.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kerasseg.datasets.series import BASELINE_04, naming
from kerasseg.doctor.findings import Finding, listed
from kerasseg.doctor.look import Look
from kerasseg.doctor.world import Samples, Scenes

_OFFSET, _NOISE = 1000, 100
_DARK = 600
"""The dark end of a clear date lies below this, without the offset."""


def find(scenes: Scenes) -> Iterator[Finding]:
    """Check the dates of a series of rasters."""
    if not scenes.is_series:
        return
    for each in scenes.undated:
        yield Finding(
            "K501",
            str(each.path),
            "The file has the bands of a date, but its name tells none.",
            "Rename it, or give the dataset `date_format` or a table of `dates`.",
        )
    dated = [each for each in scenes.images if each.date is not None]
    yield from _bands(dated)
    yield from _repeated(dated)
    yield from jump(
        [(each.date, _dark(each)) for each in dated if not each.is_empty],
        str(_folder(dated)) if dated else "",
    )


def find_in_samples(samples: Samples) -> Iterator[Finding]:
    """Check the dates of samples for a jump."""
    yield from jump(samples.dark, samples.name)


def jump(dark: Sequence[tuple[np.datetime64, float]], where: str) -> Iterator[Finding]:
    """Compare the dark ends of dates before baseline 04.00 and since.

    Args:
        dark: Dates, and the dark end of each: of its darkest band.
        where: The data, for messages.
    """
    before = [value for date, value in dark if date < BASELINE_04]
    since = [value for date, value in dark if date >= BASELINE_04]
    if not before or not since:
        return
    low, high = min(before), min(since)
    if _OFFSET - _NOISE <= high <= _OFFSET + _DARK and high - low > _OFFSET / 2:
        yield Finding(
            "K504",
            where,
            f"The darkest date rises from {low:.0f} before {BASELINE_04} to "
            f"{high:.0f} since: the offset of Sentinel-2's baseline 04.00.",
            "Take it off: `offset: auto` in the recipe of a `series`, or 1000 from the "
            "files of those dates.",
        )


def _dark(each: Look) -> float:
    return min(band.dark for band in each.bands)


def _folder(dated: Sequence[Look]) -> Path:
    return dated[0].path.parent


def _bands(dated: Sequence[Look]) -> Iterator[Finding]:
    holding: dict[np.datetime64, dict[str, Path]] = defaultdict(dict)
    for each in dated:
        for name in _names(each):
            other = holding[each.date].setdefault(name, each.path)
            if other != each.path:
                yield Finding(
                    "K502",
                    str(each.path),
                    f"Band {name} of {each.date} is in {other} too.",
                    "Keep one, or put tiles of one date together first.",
                )
                break
    everything = dict.fromkeys(name for bands in holding.values() for name in bands)
    for date, bands in sorted(holding.items()):
        missing = [name for name in everything if name not in bands]
        if missing:
            yield Finding(
                "K503",
                str(next(iter(bands.values()))),
                f"The date {date} has no band {listed(missing)}, which others have.",
                "Add the file, take the date out, or name the `bands` all dates have.",
            )


def _names(each: Look) -> Sequence[str]:
    if each.info.bands == ("band_1",):
        return (naming.band(each.path) or "band_1",)
    return each.info.bands


def _repeated(dated: Sequence[Look]) -> Iterator[Finding]:
    same: dict[str, Look] = {}
    for each in dated:
        other = same.setdefault(each.digest, each)
        if other.date != each.date and not each.is_empty:
            yield Finding(
                "K505",
                str(each.path),
                f"The pixels of {each.date} are those of {other.path}, to the bit.",
                "Download the date again, or take it out.",
            )
