"""Facts as lines, those of a group below its name."""

import typer


def show(summary: dict, indent: str = "") -> None:
    """Print what a job found."""
    for name, fact in summary.items():
        if isinstance(fact, dict):
            typer.echo(f"{indent}{name}:")
            show(fact, indent + "  ")
        else:
            typer.echo(f"{indent}{name}: {fact}")
