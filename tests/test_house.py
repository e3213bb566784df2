"""The house itself: what it shows, what it costs to open, and that it is in order."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import kerasseg

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "kerasseg").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

PUBLIC = [
    "artifact",
    "augment",
    "backend",
    "datasets",
    "doctor",
    "encoders",
    "evaluate",
    "fit",
    "legend",
    "lookup",
    "losses",
    "metrics",
    "models",
    "pipeline",
    "predict",
    "prepare",
    "raster",
    "recipe",
    "report",
    "sample",
    "scores",
    "tracking",
    "validate",
    "weights",
]


def test_the_public_surface_is_this_and_no_more():
    assert sorted(kerasseg.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(kerasseg, name).__name__ == f"kerasseg.{name}"


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = kerasseg.trian


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text())), path


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_file_of_tests_is_one_that_pytest_reads(path):
    assert path.name.startswith("test_") or path.name in ("conftest.py", "fakes.py")


def test_importing_kerasseg_loads_nothing_heavy():
    heavy = ("keras", "jax", "tensorflow", "mlflow", "rasterio", "numpy", "cv2")
    code = f"import sys, kerasseg; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_model_builds_under_jax_without_loading_tensorflow():
    code = (
        "import os, sys; os.environ['KERAS_BACKEND'] = 'jax'\n"
        "from kerasseg import backend, models; backend.seed(1)\n"
        "models.fpn.build(3, 2, encoder_width=8, decoder_widths=(8, 8))\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
