"""Facts as lines, those of a group below its name, in the words of a reader."""

from collections.abc import Mapping
from typing import Any

import typer


def show(summary: Mapping[str, Any], indent: str = "") -> None:
    """Print what a job found; what is empty or not there is left out."""
    for name, fact in summary.items():
        if isinstance(fact, Mapping):
            if fact:
                typer.echo(f"{indent}{name}:")
            show(fact, indent + "  ")
        elif text := words(fact):
            typer.echo(f"{indent}{name}: {text}")


def words(fact: Any, thousands: str = ",") -> str:
    """Write a number, a text or a list of them as one reads it.

    Fractions have six digits that count. Numbers have commas at the thousands, but not
    in a list, whose own commas they would be taken for. NumPy's look like all others.
    """
    fact = fact.tolist() if hasattr(fact, "tolist") else fact
    if fact is None:
        return ""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, list | tuple | set):
        return ", ".join(words(each, thousands="") for each in fact)
    if isinstance(fact, float):
        return f"{fact:{thousands}.6g}"
    return f"{fact:{thousands}}" if isinstance(fact, int) else str(fact)
