"""`kerasseg predict`: map a scene of any size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import BackendOption, Run


def predict(  # noqa: PLR0913
    run: Run,
    scene: Annotated[
        list[Path],
        typer.Argument(
            help="The raster to map, one per band on the same grid, or a folder of "
            "dated ones for a model of series."
        ),
    ],
    destination: Annotated[
        Path, typer.Argument(metavar="MAP", help="The GeoTIFF to write.")
    ],
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Side of a window, pixels: 512, of series 128."),
    ] = None,
    overlap: Annotated[
        int | None,
        typer.Option(min=0, help="Pixels that neighbouring windows share."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Windows at a time: 4, of series 1.")
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write them too, beside the map.")
    ] = False,
    images: Annotated[
        str | None, typer.Option(help="Of a series: pattern of its files' names.")
    ] = None,
    reference_date: Annotated[
        str | None, typer.Option(help="Of a series: day 0 of its season, YYYY-MM-DD.")
    ] = None,
    backend: BackendOption = None,
) -> None:
    """Map a scene: overlapping windows, blended, as a georeferenced GeoTIFF."""
    from kerasseg import tracking
    from kerasseg.cli import progress, running

    folder = scene[0] if len(scene) == 1 and scene[0].is_dir() else None
    for path in scene:
        if not (folder or path.is_file()):
            raise FileNotFoundError(f"no scene at {path}. Correct the path.")
    found = tracking.find(run)
    running.choose_backend(found.recipe, backend)
    common = {"overlap": overlap, "probabilities": probabilities}
    common |= {"window": window} if window else {}
    common |= {"batch_size": batch_size} if batch_size else {}
    given = {"images": images, "reference_date": reference_date}
    given = {name: value for name, value in given.items() if value is not None}
    if given and not folder:
        raise ValueError(
            f"--{next(iter(given)).replace('_', '-')} is for a folder of dated images, "
            f"but {scene[0]} is a file. Leave it out."
        )

    from kerasseg import artifact
    from kerasseg import predict as job

    model = artifact.load(found.model)
    with progress.bar("windows") as advance:
        if folder:
            told = {**_series_options(found.recipe), **given, **common}
            summary = job.series(model, folder, destination, progress=advance, **told)
        else:
            summary = job.scene(model, scene, destination, progress=advance, **common)
    _print(summary, artifact.legend(model).names)


def _series_options(path: Path | None) -> dict[str, Any]:
    """Return what the recipe of a run says of dates and files, as far as it does."""
    from kerasseg import recipe as recipes

    if path is None:
        return {}
    options = recipes.read(path).data.options
    shared = ("images", "date_format", "reference_date", "days", "resampling", "offset")
    told = {name: options[name] for name in shared if options.get(name) is not None}
    if not isinstance(told.get("images", ""), str):
        del told["images"]
    return told


def _print(summary: Any, names: Sequence[str]) -> None:
    typer.echo(
        f"{summary.map}: {summary.height} × {summary.width} pixels, "
        f"{summary.windows} windows in {summary.seconds:.1f} s"
    )
    if summary.probabilities:
        typer.echo(f"{summary.probabilities}: probabilities")
    total = max(sum(summary.pixels), 1)
    for name, pixels in zip(names, summary.pixels, strict=False):
        typer.echo(f"  {name:<24} {pixels / total:6.1%}")
