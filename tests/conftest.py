"""What tests share: where the reference material lies, and quiet libraries."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
# Tests compile hundreds of programs and run each once or twice: XLA need not polish
# them. That takes two thirds of their time off; what is computed stays the same.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import pytest

# Recipes of tests name the made-up world of `fakes.py` by its dotted path.
sys.path.insert(0, str(Path(__file__).parent))

SHARED = Path(
    os.environ.get("KERASSEG_SHARED", Path(__file__).parents[2] / "shared")
).resolve()


@pytest.fixture(scope="session")
def shared():
    """Return a function from parts of a path to reference material, or skip."""

    def find(*parts: str) -> Path:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"no reference material at {path}; set KERASSEG_SHARED")
        return path

    return find


@pytest.fixture
def tiny_recipe(tmp_path):
    """Return a function that writes a recipe of the made-up world and reads it."""

    def write(*overrides: str):
        from fakes import TINY_RECIPE

        from kerasseg import recipe

        path = tmp_path / "tiny.yaml"
        path.write_text(TINY_RECIPE)
        return recipe.read(path, overrides)

    return write


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder with a tracking store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return tmp_path
