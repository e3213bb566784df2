"""K3: label values and classes."""

from collections.abc import Iterator

import numpy as np

from kerasseg.doctor.findings import Finding, listed
from kerasseg.doctor.look import MOST_VALUES, Look
from kerasseg.doctor.world import Samples, Scenes
from kerasseg.legend import Legend
from kerasseg.prepare.decoding import Decoding

_RARE = 1e-3


def find(scenes: Scenes) -> Iterator[Finding]:
    """Check label rasters against the legend."""
    if scenes.labels and scenes.legend is None:
        yield Finding(
            "K303",
            str(scenes.labels[0].path),
            f"{len(scenes.labels)} label rasters, but no legend: values are not "
            "checked.",
            "Give one with `--legend`; `kerasseg init` drafts it.",
        )
    total = np.zeros(scenes.legend.num_classes if scenes.legend else 0, np.int64)
    complete = scenes.legend is not None and bool(scenes.labels)
    for each in scenes.labels:
        if not each.values:
            complete = False
            yield _no_labels(each)
        elif scenes.legend is not None:
            counts, unknown = decoded(each, scenes.legend)
            total += counts[: len(total)]
            if unknown:
                yield _unknown(str(each.path), unknown)
            if not counts[: len(total)].any():
                yield Finding(
                    "K402",
                    str(each.path),
                    "No pixel has a class of the legend.",
                    "Leave the scene out, or correct the legend.",
                )
    if complete:
        first = scenes.labels[0].path
        where = first if len(scenes.labels) == 1 else first.parent
        yield from _balance(str(where), scenes.legend, total)


def find_in_samples(samples: Samples) -> Iterator[Finding]:
    """Check labels of samples, and which classes each split has."""
    strange: dict[tuple[int, ...], list[str]] = {}
    for tile in samples.tiles:
        if tile.strange:
            strange.setdefault(tile.strange, []).append(tile.id)
    for values, ids in strange.items():
        word = "labels" if len(values) > 1 else "label"
        yield Finding(
            "K301",
            f"{samples.name}: {listed(ids)}",
            f"{word} {listed(values)} {'are' if len(values) > 1 else 'is'} not in the "
            f"legend, which has {samples.legend.num_classes} classes.",
            "Prepare the data again, or correct the legend.",
        )
    counts = {split: samples.counts(split) for split in samples.splits}
    yield from _balance(samples.name, samples.legend, sum(counts.values()))
    yield from _over_splits(samples, counts)


def decoded(look: Look, legend: Legend) -> tuple[np.ndarray, list[str]]:
    """Count pixels per class index, `(256,)`, and list values not in the legend."""
    decoding = Decoding(look.info, legend, unknown="ignore")
    values, pixels = map(np.array, zip(*sorted(look.values.items()), strict=True))
    decode = decoding.packed if decoding.is_packed else decoding.values
    indices = decode(values[None])[0]
    known = ~np.isin(values, [*decoding.unknown])
    counts = np.bincount(indices[known], pixels[known], minlength=256)
    unknown = [
        f"#{decoding.color(value):06X}" if decoding.coding == "color" else str(value)
        for value in values[~known].tolist()
    ]
    return counts.astype(np.int64), unknown


def _no_labels(each: Look) -> Finding:
    kind = np.dtype(each.info.dtype).kind
    reason = (
        f"{each.info.count} bands of {each.info.dtype} hold no classes"
        if kind not in "ui" or each.info.count not in (1, 3)
        else f"it holds more than {MOST_VALUES} values, too many for classes"
    )
    return Finding(
        "K302",
        str(each.path),
        f"As a label this raster is none: {reason}.",
        "Store labels as whole numbers or colours, without loss: PNG or TIFF.",
    )


def _unknown(file: str, unknown: list[str]) -> Finding:
    many = len(unknown) > 1
    return Finding(
        "K301",
        file,
        f"label value{'s' if many else ''} {listed(unknown)} "
        f"{'are' if many else 'is'} not in the legend.",
        "Add it to `classes` or to `ignored` of the legend.",
    )


def _balance(where: str, legend: Legend, counts: np.ndarray) -> Iterator[Finding]:
    possible, total = legend.possible, int(counts.sum())
    never = [
        name
        for name, count, can_be in zip(legend.names, counts, possible, strict=True)
        if can_be and not count
    ]
    if never and total:
        yield Finding(
            "K304",
            where,
            f"{listed(never)}: in the legend, but in no label.",
            "Leave the class out of the legend, or add places that have it.",
        )
    rare = [
        f"{name} {count / total:.3%}"
        for name, count in zip(legend.names, counts.tolist(), strict=True)
        if 0 < count < _RARE * total
    ]
    if rare:
        yield Finding(
            "K307",
            where,
            f"{listed(rare)} of the labelled pixels.",
            "Use `class_weights` in the loss, merge the class with another, or add "
            "places that have it.",
        )


def _over_splits(samples: Samples, counts: dict[str, np.ndarray]) -> Iterator[Finding]:
    names = np.array(samples.legend.names)
    train = counts.get("train")
    if train is None or not train.any():
        return
    for split, own in counts.items():
        if split == "train" or not own.any():
            continue
        unlearnt = names[(own > 0) & (train == 0)].tolist()
        unscored = names[(own == 0) & (train > 0)].tolist()
        if unlearnt:
            yield Finding(
                "K305",
                f"{samples.name}, {split}",
                f"{listed(unlearnt)}: in {split}, but not in train.",
                "Share the places out anew, or leave the class out.",
            )
        if unscored:
            yield Finding(
                "K306",
                f"{samples.name}, {split}",
                f"{listed(unscored)}: in train, but not in {split}.",
                f"Share the places out anew; scores of {split} do not tell of it.",
            )
