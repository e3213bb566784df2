"""`kerasseg show`: a run's recipe, scores and files."""

import typer

from kerasseg.cli.arguments import Run


def show(run: Run) -> None:
    """Show a run: its recipe, its scores, its files."""
    from kerasseg import tracking

    found = tracking.find(run)
    if found.recipe is not None:
        typer.echo(found.recipe.read_text(encoding="utf-8"))
    scores = next(
        (known["scores"] for known in tracking.runs() if known["run"] == found.run_id),
        {},
    )
    for name, value in sorted(scores.items()):
        typer.echo(f"{name:<40} {value:.4f}")
    typer.echo(f"run        {found.run_id}  {found.name}")
    for name in ("model", "recipe", "folder"):
        typer.echo(f"{name:<10} {getattr(found, name) or '-'}")
