"""K0: whether images are of one kind."""

from collections import Counter
from collections.abc import Iterator

from kerasseg.doctor.findings import Finding
from kerasseg.doctor.look import Look
from kerasseg.doctor.world import Scenes


def find(scenes: Scenes) -> Iterator[Finding]:
    """Compare bands, types and nodata of the images.

    The dates of a series may lie in several files each, of other bands and pixels; one
    type they have in common.
    """
    images = scenes.images
    if not images:
        return
    kinds = Counter(_kind(each, scenes.is_series) for each in images)
    usual = kinds.most_common(1)[0][0]
    model = next(each for each in images if _kind(each, scenes.is_series) == usual)
    for each in images:
        if _kind(each, scenes.is_series) != usual:
            yield Finding(
                "K004",
                str(each.path),
                f"{_worded(each, scenes.is_series)}, but {model.path} and most others "
                f"{_worded(model, scenes.is_series)}.",
                "Write all images with the same bands in one type, or keep them apart.",
            )
        elif each.info.nodata != model.info.nodata and not _both_nan(each, model):
            yield Finding(
                "K005",
                str(each.path),
                f"Nodata is {_nodata(each)}, but {_nodata(model)} in {model.path}.",
                "Declare the same value in all, with `rio edit-info --nodata`.",
            )


def _kind(each: Look, is_series: bool) -> tuple:
    return (each.info.dtype,) if is_series else (each.info.count, each.info.dtype)


def _worded(each: Look, is_series: bool) -> str:
    if is_series:
        return f"has {each.info.dtype}"
    return f"has {each.info.count} bands of {each.info.dtype}"


def _both_nan(one: Look, other: Look) -> bool:
    values = one.info.nodata, other.info.nodata
    return all(value is not None and value != value for value in values)


def _nodata(each: Look) -> str:
    return "not set" if each.info.nodata is None else f"{each.info.nodata:g}"
