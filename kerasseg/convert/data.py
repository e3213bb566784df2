"""What a checkpoint does not say of its data: bands, classes and normalisation."""

import colorsys
import json
from collections.abc import Sequence
from pathlib import Path

from kerasseg import legend as legends
from kerasseg.datasets import pastis
from kerasseg.datasets.pastis.classes import LEGEND
from kerasseg.datasets.pastis.folds import official
from kerasseg.datasets.patch_series import Norm, read_norms
from kerasseg.legend import Legend

_NDVI = "NDVI"
_FROM_SAFE = [2, 1, 0, 4, 5, 6, 3, 7, 8, 9]
"""Where the bands of PASTIS stand in the files of S2TSCzCrop."""
_CURE = "Give the NORM_S2_patch.json of the data that the model was trained on."


def bands(count: int) -> tuple[str, ...]:
    """Name the bands: ten are those of PASTIS, and Crop2Seg can add NDVI to them."""
    sentinel = pastis.BANDS["S2"]
    if count in (len(sentinel), len(sentinel) + 1):
        return (*sentinel, _NDVI)[:count]
    return tuple(f"band_{number}" for number in range(1, count + 1))


def indices(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Name the bands of the indices among the bands, which stored pixels lack."""
    return (("B08", "B04"),) if names[-1] == _NDVI else ()


def legend(num_classes: int) -> Legend:
    """Name the classes: twenty are those of PASTIS, others have a number."""
    if num_classes == LEGEND.num_classes:
        return LEGEND
    return named([f"class_{index}" for index in range(num_classes)])


def named(names: Sequence[str]) -> Legend:
    """Make a legend of names, each class with a colour unlike those near it."""
    classes = [
        {"name": name, "color": _color(index)} for index, name in enumerate(names)
    ]
    return legends.from_dict({"classes": classes})


def norm(path: Path | None, run: int | None, num_bands: int) -> Norm:
    """Read how the bands were normalised.

    Args:
        path: The `NORM_S2_patch.json` of PASTIS or of S2TSCzCrop, whose bands stand in
            another order; `None` if pixels come normalised.
        run: Which of the five runs of PASTIS, whose training folds are averaged.
        num_bands: How many bands the model reads.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not such a file, or of PASTIS and no run is given.
    """
    if path is None:
        return Norm([0.0] * num_bands, [1.0] * num_bands)
    if path.is_file() and _is_czech(path):
        found = read_norms(path, ["train"], num_bands, _CURE)["train"]
        order = _FROM_SAFE if num_bands == len(_FROM_SAFE) else slice(None)
        return Norm(found.mean[order], found.std[order])
    if run is None:
        raise ValueError(
            f"{path} has means for each fold. Tell which run the checkpoint is of, "
            "with --fold: the K of its folder Fold_K."
        )
    names = [f"Fold_{fold}" for fold in official(run)["train"]]
    return Norm.average(read_norms(path, names, num_bands, _CURE).values())


def _is_czech(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False  # what is wrong is told when it is read
    return isinstance(content, dict) and "train" in content


def _color(index: int) -> str:
    """Return a colour unlike those of the indices near it."""
    hue = index * 0.618 % 1
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.65 + 0.3 * (index % 2), 0.9)
    return "#" + "".join(f"{round(255 * part):02X}" for part in (red, green, blue))
