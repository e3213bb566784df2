"""Run the command line in this process, and look at what it says."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from kerasseg import raster
from kerasseg.cli import app


@pytest.fixture
def kerasseg(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def world(tmp_path):
    """Two scenes of four bands with labels 1, 3 and, for no data, 0."""
    rng = np.random.default_rng(0)
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        image = rng.integers(0, 4000, (40, 50, 4)).astype("uint16")
        label = rng.choice([0, 1, 3], (40, 50, 1)).astype("uint8")
        raster.write(tmp_path / "images" / f"{name}.tif", image)
        like = replace(raster.info(tmp_path / "images" / f"{name}.tif"), nodata=0)
        raster.write(tmp_path / "labels" / f"{name}.tif", label, like)
    return tmp_path


@pytest.fixture
def patches(kerasseg, world):
    (world / "legend.yaml").write_text(
        "classes: [{name: a, color: '#FF0000', code: 1},"
        " {name: b, color: '#00FF00', code: 3}]\n"
    )
    options = "--size 16 --split random --fractions 0.4,0.3,0.3 --background none"
    done = kerasseg(
        *f"prepare patches images labels legend.yaml patches {options}".split(),
        *("--workers", 1),
    )
    assert done.exit_code == 0, done.stderr
    return world / "patches"
