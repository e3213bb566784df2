"""`kerasseg evaluate`: score a run, with figures and a report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import BackendOption, RegionName, Sets, Split


def evaluate(  # noqa: PLR0913
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|TRUTH",
            help="A run: its id, the start of it, its name, `latest`, or a .keras "
            "file. With --map: a raster of labels; a folder of patches, of which the "
            "split counts; or points, as CSV with x, y and class or as GeoJSON.",
        ),
    ],
    split: Annotated[Split, typer.Option(help="The part of the data.")] = Split.TEST,
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="RECIPE", help="Take the data of this recipe, not the run's own."
        ),
    ] = None,
    sets: Sets = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the report goes."),
    ] = None,
    region: Annotated[
        RegionName, typer.Option(help="Score all pixels, or by borders of classes.")
    ] = RegionName.ALL,
    series: Annotated[
        bool,
        typer.Option("--series", help="Look into a model of series, too: dates, NDVI."),
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples at a time.")] = 16,
    backend: BackendOption = None,
    map_path: Annotated[
        Path | None,
        typer.Option("--map", metavar="MAP", help="Validate this finished map."),
    ] = None,
    legend: Annotated[
        Path | None,
        typer.Option(help="With --map: what label values mean, YAML or JSON."),
    ] = None,
    block: Annotated[
        int | None,
        typer.Option(
            min=1, help="With --map: side of the blocks of intervals, pixels."
        ),
    ] = None,
) -> None:
    """Score a run, or a map of a whole scene: a table, JSON, CSV and an HTML report."""
    if map_path is not None:
        of_runs = {"--recipe": recipe, "--set": sets, "--series": series}
        of_runs |= {"--region": region != RegionName.ALL, "--backend": backend}
        _refuse(
            [name for name, value in of_runs.items() if value],
            "runs. Leave it out, or --map",
        )
        if split != Split.TEST and not Path(run).is_dir():
            _refuse(["--split"], "runs and folders of patches. Leave it out")
        _validate(map_path, Path(run), legend, block, split, output)
        return
    of_maps = {"--legend": legend, "--block": block}
    _refuse(
        [name for name, value in of_maps.items() if value], "maps. Give one with --map"
    )
    from kerasseg import files, tracking
    from kerasseg import recipe as recipes
    from kerasseg.cli import progress, running

    found = tracking.find(run)
    folder = output or found.folder / split.value
    files.check_folder(folder)
    source = recipe or found.recipe
    if source is None:
        raise ValueError(
            f"{run} is a file and knows no data. Give a recipe with --recipe."
        )
    running.choose_backend(found.recipe, backend)
    asked = recipes.read(source, sets or ())
    from kerasseg import pipeline

    data = pipeline.dataset(asked, split.value)

    from kerasseg import artifact
    from kerasseg import evaluate as job

    model = artifact.load(found.model)
    with progress.bar("samples") as advance:
        evaluation = job.run(
            model,
            data,
            batch_size=batch_size,
            region=region.value,
            progress=advance,
        )
    report = job.write(
        evaluation,
        folder,
        title=f"{found.name} on {split.value}",
        details={"Run": found.run_id, "Split": split.value},
        sections=_sections(model, asked, data) if series else (),
    )
    typer.echo(evaluation.table())
    typer.echo(f"report: {report}")


def _refuse(names: list[str], what: str) -> None:
    if names:
        raise ValueError(f"{names[0]} is for {what}.")


def _validate(
    map_path: Path,
    truth: Path,
    legend: Path | None,
    block: int | None,
    split: Split,
    output: Path | None,
) -> None:
    from kerasseg import files, validate
    from kerasseg.cli import progress

    folder = output or map_path.with_name(f"{map_path.stem}_validation")
    files.check_folder(folder)
    with progress.bar("blocks") as advance:
        found = validate.against(
            map_path,
            truth,
            legend=legend,
            block=block,
            split=split.value,
            progress=advance,
        )
    report = validate.write(found, folder, title=f"{map_path.name} on {truth.name}")
    typer.echo(found.table())
    typer.echo(f"report: {report}")


def _sections(model: Any, recipe: Any, data: Any) -> list[Any]:
    from kerasseg import pipeline
    from kerasseg.cli import progress
    from kerasseg.evaluate import series

    splits = {name: pipeline.dataset(recipe, name) for name in ("train", "val", "test")}
    counts = {name: split.class_counts() for name, split in splits.items()}
    with progress.bar("series") as advance:
        return series.sections(model, data, counts=counts, progress=advance)
