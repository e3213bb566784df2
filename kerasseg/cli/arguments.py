"""Arguments that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Backend(StrEnum):
    """What Keras can run on."""

    JAX = "jax"
    TENSORFLOW = "tensorflow"


class Split(StrEnum):
    """The parts of a dataset."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class RegionName(StrEnum):
    """The pixels that are scored."""

    ALL = "all"
    BOUNDARY = "boundary"
    INTERIOR = "interior"


RecipeFile = Annotated[
    Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run: its id, the start of it, its name, `latest`, or a .keras file.",
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of the recipe: `training.epochs=3`, `augment.0.rate=0.5`."
        " May be given several times. Relative paths count from the current folder.",
    ),
]
BackendOption = Annotated[
    Backend | None,
    typer.Option(
        "--backend",
        help="What Keras runs on; by default as the recipe, else KERAS_BACKEND, says.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
