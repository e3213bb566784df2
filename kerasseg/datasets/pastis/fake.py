"""Write a made-up countryside in the layout of PASTIS."""

import json
from pathlib import Path

import numpy as np

from kerasseg.datasets.pastis.classes import VOID
from kerasseg.datasets.patch_series.norm import Norm
from kerasseg.datasets.phenology import Scene, paint
from kerasseg.files import write_whole

_GROWN = {
    1: "meadow",
    2: "winter wheat",
    3: "corn",
    4: "winter barley",
    5: "rapeseed",
    6: "spring barley",
    7: "sunflower",
    9: "beet",
}


def write_fake(
    root: str | Path,
    *,
    seed: int = 0,
    size: int = 64,
    patches_per_fold: int = 6,
    dates: int = 24,
) -> None:
    """Write five folds of patches whose crops differ by phenology only.

    Args:
        root: The folder to make.
        seed: Another seed, another country.
        size: Pixels along a patch's side.
        patches_per_fold: How many each of the five folds has.
        dates: How many each patch has, more or less.
    """
    root = Path(root)
    for folder in ("DATA_S2", "ANNOTATIONS"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    features, norms = [], {}
    for fold in range(1, 6):
        seen = []
        for place in range(patches_per_fold):
            number = 10_000 + 5 * place + fold - 1
            rng = np.random.default_rng((seed, number))
            scene = paint(rng, size, _GROWN, void=VOID, dates=dates)
            _write(root, number, scene)
            features.append(_feature(number, fold, scene))
            seen.append(Norm.of(scene.image))
        norm = Norm.average(seen)
        norms[f"Fold_{fold}"] = {"mean": norm.mean.tolist(), "std": norm.std.tolist()}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    features.sort(key=lambda feature: feature["id"])
    about = {"type": "FeatureCollection", "crs": crs, "features": features}
    write_whole(root / "NORM_S2_patch.json", json.dumps(norms, indent=1))
    write_whole(root / "metadata.geojson", json.dumps(about))


def _write(root: Path, number: int, scene: Scene) -> None:
    np.save(root / "DATA_S2" / f"S2_{number}.npy", scene.image)
    planes = np.zeros((3, *scene.label.shape), np.uint8)
    planes[0] = scene.label
    np.save(root / "ANNOTATIONS" / f"TARGET_{number}.npy", planes)


def _feature(number: int, fold: int, scene: Scene) -> dict:
    west, north, side = (
        650_000 + 5_000 * (number % 100),
        6_700_000,
        10 * len(scene.label),
    )
    ring = [(0, 0), (side, 0), (side, -side), (0, -side), (0, 0)]
    corners = [[west + x, north + y] for x, y in ring]
    return {
        "type": "Feature",
        "id": str(number),
        "properties": {
            "Fold": fold,
            "ID_PATCH": number,
            "N_Parcel": int(scene.parcels.max()),
            "Parcel_Cover": float((scene.label > 0).mean()),
            "TILE": "t31tfm",
            "dates-S2": scene.stamps(),
        },
        "geometry": {"type": "MultiPolygon", "coordinates": [[corners]]},
    }
