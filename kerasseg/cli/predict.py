"""`kerasseg predict`: map scenes of any size."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kerasseg.cli.arguments import BackendOption, Quiet, Run


def predict(  # noqa: PLR0913
    run: Run,
    source: Annotated[
        list[Path],
        typer.Argument(
            help="The raster to map (GeoTIFF, VRT, …), or one per band on the same "
            "grid. For a model of series: a folder of dated ones. With a folder as "
            "MAP: many scenes, a folder of them, or a text file with one per line."
        ),
    ],
    destination: Annotated[
        Path,
        typer.Argument(
            metavar="MAP", help="The GeoTIFF to write, or a folder for those of many."
        ),
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
        int | None,
        typer.Option(min=1, help="Windows at a time; by default what memory holds."),
    ] = None,
    max_batch_size: Annotated[
        int, typer.Option(min=1, help="The most windows at a time by default.")
    ] = 8,
    tta: Annotated[
        bool, typer.Option("--tta", help="Average over eight flips and turns.")
    ] = False,
    probabilities: Annotated[
        Literal["float32", "float16", "uint8"] | None,
        typer.Option(help="Write those of all classes too, beside the map."),
    ] = None,
    confidence: Annotated[
        bool,
        typer.Option(
            "--confidence", help="Write how sure the map is, and by how much."
        ),
    ] = False,
    quicklook: Annotated[
        bool, typer.Option("--quicklook", help="Draw a PNG with legend and scale.")
    ] = False,
    polygons: Annotated[
        Literal["gpkg", "parquet"] | None,
        typer.Option(help="Write areas of one class as polygons."),
    ] = None,
    simplify: Annotated[
        float, typer.Option(min=0, help="Pixels that outlines may differ by.")
    ] = 1.0,
    min_area: Annotated[
        float, typer.Option(min=0, help="Smallest polygon, square units: m².")
    ] = 0.0,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Discard what an interrupted run has left."),
    ] = False,
    images: Annotated[
        str | None, typer.Option(help="Of a folder: pattern of its files' names.")
    ] = None,
    reference_date: Annotated[
        str | None, typer.Option(help="Of a series: day 0 of its season, YYYY-MM-DD.")
    ] = None,
    quiet: Quiet = False,
    backend: BackendOption = None,
) -> None:
    """Map scenes: overlapping windows, blended, as Cloud-Optimized GeoTIFF.

    What was interrupted goes on where it stopped when the command is repeated.
    """
    from kerasseg import tracking
    from kerasseg.cli import progress, running, sources
    from kerasseg.places import is_folder, place

    source, destination = list(map(place, source)), place(destination)

    folder = source[0] if len(source) == 1 and is_folder(source[0]) else None
    scenes = [] if folder else sources.expand(source)
    dated = {"--images": images, "--reference-date": reference_date}
    _refuse_dates(dated, folder, source[0])
    found = tracking.find(run)
    running.choose_backend(found.recipe, backend)

    from kerasseg import artifact
    from kerasseg import predict as job

    how = {"overlap": overlap, "batch_size": batch_size, "tta": tta, "fresh": fresh}
    how |= {"max_batch_size": max_batch_size} | ({"window": window} if window else {})
    how["outputs"] = job.Outputs(
        probabilities, confidence, quicklook, polygons, simplify, min_area
    )
    model = artifact.load(found.model)
    names = artifact.legend(model).names
    into = is_folder(destination) or not destination.suffix
    with progress.bar("windows", quiet) as advance, _told_warnings():
        if folder and "days" in model.input:
            name = f"{folder.resolve().name}.tif"
            path = destination / name if into else destination
            how |= {**_series_options(found.recipe), **_given(dated)}
            _print(job.series(model, folder, path, progress=advance, **how), names)
            return
        _refuse_season(reference_date, run)
        scenes = scenes or sources.expand([folder], images or "*.tif")
        if into:
            made = job.several(
                model, scenes, destination, each=lambda _: advance, **how
            )
            _print_many(made, names, len(scenes), destination)
        else:
            _refuse_many(source, scenes, destination)
            told = job.scene(model, scenes, destination, progress=advance, **how)
            _print(told, names)


def _given(dated: dict[str, str | None]) -> dict[str, str]:
    named = {key[2:].replace("-", "_"): value for key, value in dated.items()}
    return {name: value for name, value in named.items() if value is not None}


def _refuse_dates(
    dated: dict[str, str | None], folder: Path | None, first: Path
) -> None:
    given = [option for option, value in dated.items() if value is not None]
    if given and not folder:
        raise ValueError(
            f"{given[0]} is for a folder of dated images, but {first} is a file. Leave "
            "it out."
        )


def _refuse_season(reference_date: str | None, run: str) -> None:
    if reference_date is not None:
        raise ValueError(
            f"--reference-date is for models of series, but {run} reads single images. "
            "Leave it out."
        )


def _refuse_many(source: list[Path], scenes: list[Path], destination: Path) -> None:
    """Files that are named one by one are the bands of a scene; a list is many."""
    if scenes != source and len(scenes) > 1:
        raise ValueError(
            f"{source[0]} names many scenes, but {destination} is one file. Give a "
            "folder for their maps."
        )


@contextmanager
def _told_warnings() -> Iterator[None]:
    """Tell warnings in the words of the command line."""
    from kerasseg.predict import ResolutionWarning, UnitWarning

    def tell(message: Any, *_: Any) -> None:
        typer.echo(f"kerasseg: warning: {message}", err=True)

    with warnings.catch_warnings():
        for doubt in (ResolutionWarning, UnitWarning):
            warnings.simplefilter("always", doubt)
        warnings.showwarning = tell
        yield


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
    before = f", {summary.resumed} of them before" if summary.resumed else ""
    typer.echo(
        f"{summary.map}: {summary.height} × {summary.width} pixels, "
        f"{summary.windows} windows{before} in {summary.seconds:.1f} s"
    )
    for name, path in summary.beside.items():
        typer.echo(f"{path}: {name}")
    total = max(sum(summary.pixels), 1)
    *classes, without = summary.pixels
    rows = [*zip(names, classes, strict=True)]
    rows += [("(no data)", without)] if without else []
    for name, pixels in rows:
        typer.echo(f"  {name:<24} {pixels / total:6.1%}")


def _print_many(
    made: Iterable[Any], names: Sequence[str], scenes: int, folder: Path
) -> None:
    number = 0
    for number, summary in enumerate(made, start=1):  # noqa: B007, counted
        _print(summary, names)
    if number < scenes:
        typer.echo(f"{folder}: {scenes - number} of {scenes} maps were there already")
