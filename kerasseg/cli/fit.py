"""`kerasseg fit`: train what a recipe describes."""

from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import BackendOption, Quiet, RecipeFile, Sets
from kerasseg.cli.summary import show


def fit(
    recipe: RecipeFile,
    sets: Sets = None,
    backend: BackendOption = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run that was stopped."),
    ] = None,
    folds: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDS",
            help="Fit one run per fold and score them as one: `all`, or `1,3`.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be done and what it costs."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train what a recipe describes, track it, keep the best model."""
    from kerasseg import recipe as recipes

    chosen = [f"backend={backend.value}"] if backend else []
    followed = recipes.read(recipe, [*(sets or ()), *chosen])

    from kerasseg import backend as backends
    from kerasseg import light_keras

    if "backend" not in followed.model_fields_set:
        named = backends.of_environment() or followed.backend
        followed = followed.model_copy(update={"backend": named})
    backends.choose(followed.backend)
    light_keras.load()
    from kerasseg import fit as job
    from kerasseg import tracking

    if dry_run:
        typer.echo(recipes.dumps(followed))
        show(job.dry_run(followed))
        return
    try:
        if folds is not None:
            _print_pooled(_fit_folds(followed, folds, resume, quiet))
            return
        run = job.run(followed, resume=resume, progress=not quiet)
    except job.Interrupted as stopped:
        typer.echo(
            f"kerasseg: stopped. Go on with: kerasseg fit {recipe} --resume latest",
            err=True,
        )
        raise typer.Exit(128 + stopped.signal) from None
    scores = next(each for each in tracking.runs() if each["run"] == run)["scores"]
    typer.echo(f"run {run}: test mean IoU {scores['test_mean_iou']:.3f}")
    typer.echo(f"  kerasseg show {run[:8]}        its recipe, scores and files")
    typer.echo(f"  kerasseg predict {run[:8]} scene.tif map.tif")


def _fit_folds(recipe: Any, folds: str, resume: str | None, quiet: bool) -> Any:
    from kerasseg.fit import folds as job

    numbers = {str(fold): fold for fold in job.FOLDS}
    asked = list(numbers) if folds == "all" else folds.split(",")
    if set(asked) - set(numbers) or len(set(asked)) < len(asked):
        raise ValueError(
            f"--folds {folds}: give `all`, or some of {', '.join(numbers)} with commas "
            "between."
        )
    chosen = [numbers[each] for each in asked]
    return job.run(recipe, chosen, resume=resume, progress=not quiet)


def _print_pooled(pooled: Any) -> None:
    from kerasseg.report import tables

    for fold, run in pooled.runs.items():
        typer.echo(f"fold {fold}: run {run}")
    for protocol, scores in pooled.scores.items():
        typer.echo(f"\n{len(pooled.runs)} folds pooled, {protocol}:")
        typer.echo(tables.text(scores, pooled.names))
    typer.echo(f"run {pooled.run}")
