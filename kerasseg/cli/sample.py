"""`kerasseg sample`: write a small world that looks like a dataset."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from kerasseg import lookup


def sample(
    name: Annotated[
        str, typer.Argument(help="A dataset, one of `kerasseg list datasets`.")
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="An empty or new folder.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Which world.")] = 0,
) -> None:
    """Write a small made-up world in the layout of a dataset, to try things on."""
    module = import_module(lookup.find("dataset", name).__module__)
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(
            f"{folder} is not empty. Choose a new folder, so that nothing is mixed."
        )
    module.write_fake(folder, seed=seed)
    typer.echo(f"{name}: {folder}")
