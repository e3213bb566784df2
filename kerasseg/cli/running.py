"""What commands on a finished run share: its backend, its recipe, its data."""

import sys
from importlib.util import find_spec
from pathlib import Path

from kerasseg import backend, light_keras
from kerasseg.cli.arguments import Backend
from kerasseg.recipe import read


def choose_backend(recipe: Path | None, wanted: Backend | None) -> None:
    """Choose what Keras runs on for a run that is there already.

    A saved model gives the same answers on both backends, so the one that the run was
    fitted on is only the first choice. For a model without a run that is the one that
    `KERAS_BACKEND` names.

    Raises:
        ValueError: If the wanted backend is not installed, or none of ours.
    """
    named = wanted.value if wanted else None
    if not wanted and recipe is None:
        named = backend.of_environment()
    if named:
        backend.choose(named)
    elif "keras" not in sys.modules:
        fitted = [read(recipe).backend] if recipe else []
        choices = [*fitted, *(choice.value for choice in Backend)]
        installed = [name for name in choices if find_spec(name)]
        backend.choose(installed[0] if installed else choices[0])
    light_keras.load()
