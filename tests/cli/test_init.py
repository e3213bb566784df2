"""A first recipe and legend are drafted from what the files hold."""

import numpy as np
import pytest
import yaml

from kerasseg import raster, recipe

pytestmark = pytest.mark.once


def test_init_writes_a_recipe_that_can_be_followed(kerasseg, world):
    done = kerasseg("init", "images", "labels")
    assert done.exit_code == 0, done.stderr
    text = (world / "recipe.yaml").read_text()
    assert "# 2 scenes of 4 bands" in text
    assert "uint16; 2 classes." in text
    assert (
        "kerasseg prepare patches images labels recipe_legend.yaml patches"
        " --split block --block 2\n"  # two scenes do not fill three splits
    ) in text
    followed = recipe.read(world / "recipe.yaml")
    assert followed.data.options["root"] == str(world / "patches")
    assert (world / "schema.json").is_file()


def test_init_finds_the_values_of_the_labels(kerasseg, world):
    kerasseg("init", "images", "labels")
    found = yaml.safe_load((world / "recipe_legend.yaml").read_text())
    assert [entry["codes"] for entry in found["classes"]] == [[1], [3]]
    assert [entry["codes"] for entry in found["ignored"]] == [[0]]


def test_init_finds_the_colours_of_the_labels(kerasseg, world):
    colors = np.array([[60, 16, 152], [254, 221, 58]], "uint8")
    for name in ("a", "b"):
        label = colors[np.random.default_rng(1).integers(0, 2, (40, 50))]
        raster.write(world / "labels" / f"{name}.tif", label)
    kerasseg("init", "images", "labels")
    found = yaml.safe_load((world / "recipe_legend.yaml").read_text())
    assert [entry["color"] for entry in found["classes"]] == ["#3C1098", "#FEDD3A"]


def test_init_overwrites_nothing(kerasseg, world):
    (world / "recipe_legend.yaml").write_text("mine")
    done = kerasseg("init", "images", "labels")
    assert done.exit_code == 2
    assert "recipe_legend.yaml is there already. Choose another" in done.stderr
    assert (world / "recipe_legend.yaml").read_text() == "mine"
    assert not (world / "recipe.yaml").exists()
