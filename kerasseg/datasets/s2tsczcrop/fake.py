"""Write a made-up countryside in the layout of S2TSCzCrop."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg.datasets.patch_series import Norm
from kerasseg.datasets.phenology import Scene, paint
from kerasseg.datasets.s2tsczcrop.classes import FROM_SAFE, UNKNOWN
from kerasseg.files import write_whole

_GROWN = {
    1: "meadow",
    3: "spring barley",
    4: "winter wheat",
    5: "rapeseed",
    6: "corn",
    8: "beet",
    13: "sunflower",
}


def write_fake(
    root: str | Path,
    *,
    seed: int = 0,
    size: int = 64,
    patches_per_fold: int = 6,
    dates: int = 24,
) -> None:
    """Write patches whose crops differ by phenology only: 3/5, 1/5, 1/5 of three sets.

    Args:
        root: The folder to make.
        seed: Another seed, another country.
        size: Pixels along a patch's side.
        patches_per_fold: A fifth of all patches.
        dates: How many each patch has, more or less.
    """
    root = Path(root)
    for folder in ("DATA_S2", "ANNOTATIONS"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    to_safe = np.argsort(FROM_SAFE)
    records, seen = [], []
    for place in range(5 * patches_per_fold):
        number = 2 * place  # Every second of a row, so that none touch.
        name = ("train", "train", "train", "val", "test")[place % 5]
        rng = np.random.default_rng((seed, number))
        scene = paint(rng, size, _GROWN, void=UNKNOWN, dates=dates)
        image = scene.image[:, to_safe]
        _write(root / "DATA_S2" / f"S2_{number}", image)
        _write(root / "ANNOTATIONS" / f"TARGET_{number}", scene.label)
        records.append(_record(number, name, scene))
        seen += [Norm.of(image)] if name == "train" else []
    norm = Norm.average(seen)
    stored = {"train": {"mean": norm.mean.tolist(), "std": norm.std.tolist()}}
    write_whole(root / "NORM_S2_patch.json", json.dumps(stored, indent=1))
    write_whole(root / "metadata.json", json.dumps(records, indent=1))


def _write(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:  # `np.save` would add `.npy` to a bare name.
        np.save(file, array)


def _record(number: int, split: str, scene: Scene) -> dict[str, Any]:
    return {
        "ID_PATCH": number,
        "ID_WITHIN_TILE": number,
        "TILE": "T33UVR",
        "Background_Cover": float((scene.label == 0).mean()),
        "dates-S2": scene.stamps(),
        "time-series_length": len(scene.dates),
        "Fold": -1,
        "Status": "OK",
        "set": split,
    }
