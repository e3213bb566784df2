"""A small country of scenes, and the tree of files a job leaves."""

from pathlib import Path

import numpy as np
import pytest

from kerasseg import legend, raster

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#DCD6B4", "code": 0},
            {"name": "house", "color": "#D7301F", "code": 7},
            {"name": "wood", "color": "#2A7B3B", "code": 9},
        ],
        "ignored": [{"name": "unknown", "color": "#9B9B9B", "code": 255}],
    }
)


@pytest.fixture
def codes():
    return LEGEND


@pytest.fixture
def country(tmp_path):
    """Write scenes of random pixels; returns the two folders and what they hold."""

    def write(shapes=((70, 100),) * 4, dtype="uint16", bands=2, seed=0):
        rng = np.random.default_rng(seed)
        scenes = {}
        for number, (height, width) in enumerate(shapes):
            name = f"scene_{number}"
            grid = raster.grid(height, width, "EPSG:2180", 5e5 + number * 1e4, 4e5, 0.5)
            image = rng.integers(1, 999, (height, width, bands)).astype(dtype)
            label = rng.choice([0, 7, 9], (height, width)).astype(np.uint8)
            raster.write(tmp_path / "images" / f"{name}.tif", image, grid)
            raster.write(tmp_path / "labels" / f"{name}.tif", label, grid)
            scenes[name] = image, np.searchsorted([0, 7, 9], label)
        return tmp_path / "images", tmp_path / "labels", scenes

    return write


@pytest.fixture
def tree():
    """Return every file below a folder and what it holds."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return read
