"""`kerasseg schema`: the JSON Schema of recipes, for editors."""

import json
from pathlib import Path
from typing import Annotated

import typer


def schema(
    destination: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Where to write; by default, the screen."
        ),
    ] = None,
) -> None:
    """Write the JSON Schema of recipes, which editors complete and check by."""
    text = dumps()
    if destination is None:
        typer.echo(text, nl=False)
    else:
        from kerasseg.files import write_whole

        write_whole(destination, text)


def dumps() -> str:
    """Return the schema as text."""
    from kerasseg import recipe

    return json.dumps(recipe.schema(), indent=1, ensure_ascii=False) + "\n"
