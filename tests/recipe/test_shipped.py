"""Every recipe, legend and the schema in `recipes/` can be used as they are."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from kerasseg import legend, recipe

pytestmark = pytest.mark.once

HOUSE = Path(__file__).parents[2]
RECIPES = sorted((HOUSE / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_can_be_followed(path):
    followed = recipe.read(path)
    assert Path(followed.data.options["root"]).is_absolute()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_names_the_schema_first_and_fits_it(path):
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    schema = json.loads((HOUSE / "recipes/schema.json").read_text())
    # PyYAML alone follows YAML 1.1, in which `1e-3` is text.
    content = yaml.safe_load(re.sub(r"\b1e-(\d)", r"1.0e-\1", text))
    jsonschema.Draft202012Validator(schema).validate(content)


def test_the_schema_is_up_to_date():
    written = json.loads((HOUSE / "recipes/schema.json").read_text())
    assert written == recipe.schema(), "run: kerasseg schema recipes/schema.json"


def test_reading_a_recipe_imports_no_backend():
    code = (
        "import sys; from kerasseg import recipe; recipe.read(sys.argv[1]);"
        "print({'keras', 'jax', 'tensorflow', 'mlflow', 'rasterio', 'cv2'}"
        " & set(sys.modules))"
    )
    path = HOUSE / "recipes/dubai_fpn.yaml"
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "path",
    sorted((HOUSE / "recipes/legends").glob("*.yaml")),
    ids=lambda path: path.stem,
)
def test_every_legend_can_be_read(path):
    assert legend.read(path).num_classes > 1


def test_the_legend_of_landcoverai_is_that_of_its_dataset():
    from kerasseg.datasets.landcoverai.tiles import LEGEND

    assert legend.read(HOUSE / "recipes/legends/landcoverai.yaml") == LEGEND
