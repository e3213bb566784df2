"""The command line: `kerasseg fit recipes/poland_fpn.yaml`, and what goes with it.

Each command has its file. What is heavy is imported inside the commands, so that
`kerasseg --help` and a wrong recipe are answered at once.
"""

import os
from typing import Annotated

import typer

from kerasseg import __version__
from kerasseg.cli import (
    check,
    convert,
    evaluate,
    fit,
    init,
    list_,
    predict,
    prepare,
    sample,
    schema,
    show,
)
from kerasseg.cli.errors import Commands

app = typer.Typer(
    name="kerasseg",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kerasseg {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    """Satellite images and their time series to maps."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Albumentations asks the network for its newest version at each import.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")


app.command()(fit.fit)
app.command()(evaluate.evaluate)
app.command()(predict.predict)
app.add_typer(prepare.app)
app.add_typer(convert.app)
app.command()(sample.sample)
app.command()(check.check)
app.command()(init.init)
app.command()(schema.schema)
app.command()(show.show)
app.command("list")(list_.list_)


def main() -> None:
    """Run the command line."""
    app(prog_name="kerasseg")
