"""K2: values of images that no sensor gives, or that another image does not share."""

from collections.abc import Iterator, Sequence

import numpy as np

from kerasseg.doctor.findings import Finding, listed
from kerasseg.doctor.look import Look
from kerasseg.doctor.sketch import Band
from kerasseg.doctor.world import Samples, Scenes

_SATURATED = {8: 0.1, 16: 0.02}
"""A larger share at the top value is clipped, not bright, by bits: pictures of 8 are
stretched for the eye, and white roofs are at the end of their scale."""

_FILL = 0.01
"""A fill of fewer pixels than this does little harm."""

_UNITS = 50.0
"""Units of reflectance differ by 255, 10000 or the like; scenes by less than this."""

_FAR, _RATIO = 0.25, 1.5
"""Stored statistics may be as far off as this: of a deviation, and as a factor."""


def find(scenes: Scenes) -> Iterator[Finding]:
    """Check the bands of each image, and images against each other."""
    for each in scenes.images:
        file, names = str(each.path), each.info.bands
        broken = sum(band.broken for band in each.bands)
        if broken:
            yield _broken(file, broken, "declare them as the file's nodata")
        if not each.is_empty:
            yield from _constant(file, names, each.bands)
            yield from _saturated(file, names, each.bands, each.fill)
        yield from _fill(each)
    yield from _units(
        [
            (str(each.path), tuple(band.bright for band in each.bands), each.info.bands)
            for each in scenes.images
            if not each.is_empty
        ]
    )


def find_in_samples(samples: Samples) -> Iterator[Finding]:
    """Check the bands over all samples of train, and samples against each other."""
    broken = [tile for tile in samples.tiles if tile.broken]
    if broken:
        names = listed([tile.id for tile in broken])
        number = sum(tile.broken for tile in broken)
        yield _broken(f"{samples.name}: {names}", number, "leave the samples out")
    where = f"{samples.name}, train"
    yield from _constant(where, samples.bands, samples.train)
    yield from _saturated(where, samples.bands, samples.train)
    yield from _units(
        [
            (f"{samples.name}: {tile.id}", tile.bright, samples.bands)
            for tile in samples.tiles
            if not tile.is_empty
        ]
    )
    if samples.statistics is not None and samples.train:
        yield from _statistics(samples, *samples.statistics)


def _broken(file: str, number: int, otherwise: str) -> Finding:
    return Finding(
        "K201",
        file,
        f"{number:,} values are NaN, infinite or beyond 1e30, and count as data.",
        f"Mend them, or {otherwise}: one is enough to make a loss NaN.",
    )


def _constant(
    file: str, names: Sequence[str], bands: Sequence[Band]
) -> Iterator[Finding]:
    flat = [
        f"{name} is {band.low:g}"
        for name, band in zip(names, bands, strict=True)
        if band.is_constant
    ]
    if flat:
        yield Finding(
            "K202",
            file,
            f"{listed(flat)} everywhere.",
            "Leave the band out, or find out what became of it.",
        )


def _saturated(
    file: str, names: Sequence[str], bands: Sequence[Band], fill: float | None = None
) -> Iterator[Finding]:
    clipped = [
        f"{name}: {band.at_high / band.observed:.0%} have {band.high:g}"
        for name, band in zip(names, bands, strict=True)
        if band.observed
        and not band.is_constant
        and band.high != fill
        and band.at_high / band.observed > _SATURATED[8 if band.high == 255 else 16]
        and _has_many_values(band)
    ]
    if clipped:
        yield Finding(
            "K203",
            file,
            f"Many pixels have the top value of a band ({listed(clipped)}).",
            "If values were clipped or stretched, go back to the original product.",
        )


def _has_many_values(band: Band) -> bool:
    """Tell values that were clipped from those of a band with hardly any others."""
    return band.high - band.low > 100 or not float(band.high - band.low).is_integer()


def _fill(each: Look) -> Iterator[Finding]:
    if each.fill is not None and each.fill_share > _FILL and not each.is_empty:
        yield Finding(
            "K206",
            str(each.path),
            f"{each.fill_share:.0%} of the pixels are {each.fill:g} in every band, up "
            "to a corner, and nodata is not set: they count as data.",
            f"Declare it: `rio edit-info --nodata {each.fill:g} {each.path}`.",
        )


def _units(
    measured: Sequence[tuple[str, tuple[float, ...], Sequence[str]]],
) -> Iterator[Finding]:
    """Compare the bright end of each image with that of most, band by band."""
    usual: dict[str, list[float]] = {}
    for _, bright, names in measured:
        for name, value in zip(names, bright, strict=True):
            usual.setdefault(name, []).append(value)
    middle = {name: float(np.nanmedian(each)) for name, each in usual.items()}
    for file, bright, names in measured:
        far = [
            (name, value, middle[name])
            for name, value in zip(names, bright, strict=True)
            if value > 0 and middle[name] > 0
            and max(value / middle[name], middle[name] / value) > _UNITS
        ]  # fmt: skip
        if far and len(far) == len(bright):
            name, value, other = far[0]
            yield Finding(
                "K204",
                file,
                f"{name} goes up to {value:.4g}, in most images to {other:.4g}: it is "
                "in another unit.",
                "Bring all to one: reflectance is 0 to 1, or 0 to 10000 in whole "
                "numbers.",
            )


def _statistics(samples: Samples, mean, std) -> Iterator[Finding]:
    far = [
        f"{name}: stored {m:.4g} ± {s:.4g}, found {band.mean:.4g} ± {band.std:.4g}"
        for name, m, s, band in zip(
            samples.bands, mean, std, samples.train, strict=True
        )
        if band.observed
        and (
            abs(band.mean - m) > _FAR * max(s, 1e-12)
            or not 1 / _RATIO < band.std / max(s, 1e-12) < _RATIO
        )
    ]
    if far:
        yield Finding(
            "K205",
            f"{samples.name}, train",
            f"Mean and deviation do not fit the pixels ({listed(far, 3)}).",
            "Prepare the data again: a model is normalised by what is stored.",
        )
