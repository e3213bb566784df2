"""A small folder of patches, to try things on."""

import json
from pathlib import Path

import numpy as np

from kerasseg import legend as legends
from kerasseg.datasets.patches.files import (
    ABOUT,
    INDEX,
    LEGEND,
    crc,
    digest,
    fingerprint,
    index_text,
)
from kerasseg.legend import IGNORE
from kerasseg.raster import plain


def write_fake(root: str | Path, *, seed: int = 0, size: int = 32) -> None:
    """Write a small folder: four patches per split, bright squares on dark ground.

    Args:
        root: The folder to make.
        seed: Another seed, other squares.
        size: Pixels along a patch's side.
    """
    root = Path(root)
    for name in ("images", "labels"):
        (root / name).mkdir(parents=True, exist_ok=True)
    legend = legends.from_dict(
        {
            "classes": [
                {"name": "ground", "color": "#5A6E3C"},
                {"name": "roof", "color": "#C8503C"},
            ]
        }
    )
    rng = np.random.default_rng(seed)
    lines, checks, images = [], [], []
    for number in range(12):
        name, split = f"square_{number:02d}", ("train", "val", "test")[number % 3]
        image, label = _square(rng, size)
        bands = ("red", "green", "blue")
        plain.write(root / "images" / f"{name}.tif", image, bands=bands)
        plain.write(root / "labels" / f"{name}.tif", label, legend=legend)
        counts = np.bincount(label.ravel(), minlength=256)
        place = (name, name, 0, 0, split)
        lines.append((*place, *counts[: legend.num_classes], counts[IGNORE]))
        checks.append((name, crc(image, label)))
        images += [image] if split == "train" else []
    index = index_text(legend, lines)
    pixels = np.concatenate(images).reshape(-1, 3).astype(np.float64)
    about = {
        "size": size,
        "bands": ["red", "green", "blue"],
        "dtype": "uint8",
        "mean": pixels.mean(axis=0).tolist(),
        "std": pixels.std(axis=0).tolist(),
        "index": digest(index),
        "fingerprint": fingerprint(legend, index, checks),
    }
    (root / LEGEND).write_text(legends.dumps(legend), encoding="utf-8")
    (root / INDEX).write_text(index, encoding="utf-8")
    (root / ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")


def _square(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    label = np.zeros((size, size), np.uint8)
    row, column = rng.integers(0, size // 2, 2)
    label[row : row + size // 2, column : column + size // 2] = 1
    label[-1] = IGNORE
    level = np.where(label[..., None] == 1, (190, 90, 80), (90, 110, 70))
    noise = rng.normal(0, 12, (size, size, 3))
    return np.clip(level + noise, 0, 255).astype(np.uint8), label
