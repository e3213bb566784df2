"""`kerasseg prepare`: from rasters and labels to what a dataset reads."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="prepare",
    help="Make data ready: `kerasseg prepare align`, `stack`, `patches`, `statistics`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Edge(StrEnum):
    """What happens at the right and bottom of a scene."""

    CROP = "crop"
    SHIFT = "shift"
    PAD = "pad"


class Coding(StrEnum):
    """How label rasters are coded."""

    AUTO = "auto"
    COLOR = "color"
    VALUE = "value"


class Method(StrEnum):
    """How a pixel takes its class."""

    NEAREST = "nearest"
    MAJORITY = "majority"
    CENTRED = "centred"
    RARITY = "rarity"


class Unknown(StrEnum):
    """What becomes of values that a legend does not know."""

    REFUSE = "refuse"
    IGNORE = "ignore"


class Dates(StrEnum):
    """What images of several dates of one place are."""

    NONE = "none"
    SAMPLES = "samples"
    SERIES = "series"


class By(StrEnum):
    """What stays in one split."""

    SCENE = "scene"
    BLOCK = "block"
    RANDOM = "random"


def _class_or_none(text: str) -> int:
    if text != "none" and not text.isdigit():
        raise ValueError(f"{text!r} is neither an index of a class nor `none`.")
    return -1 if text == "none" else int(text)


def _shares(text: str) -> tuple[float, ...]:
    shares = re.fullmatch(r"([\d.]+),([\d.]+),([\d.]+)", text)
    if shares is None:
        raise ValueError(f"{text!r} is not three shares, such as 0.7,0.2,0.1.")
    return tuple(float(share) for share in shares.groups())


Scenes = Annotated[
    list[str] | None,
    typer.Option(metavar="PATTERN", help="Scenes of this split, by pattern."),
]


@app.callback()
def _prepare() -> None:
    """Make data ready."""


@app.command()
def patches(  # noqa: PLR0913, the options of a command
    images: Annotated[str, typer.Argument(help="A folder, pattern or file of images.")],
    labels: Annotated[str, typer.Argument(help="The same for their label rasters.")],
    legend: Annotated[Path, typer.Argument(help="What labels mean, YAML or JSON.")],
    destination: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of patches to make.")
    ],
    size: Annotated[int, typer.Option(min=1, help="Pixels along a side.")] = 256,
    overlap: Annotated[
        int, typer.Option(min=0, help="Pixels a patch shares with the next.")
    ] = 0,
    edge: Annotated[
        Edge, typer.Option(help="At the border: leave out, move back, or fill.")
    ] = Edge.CROP,
    keep: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Keep patches with more than this share of foreground."
        ),
    ] = 0.05,
    background: Annotated[
        int,
        typer.Option(
            parser=_class_or_none,
            metavar="CLASS|none",
            help="Index of the class that alone is no reason to keep a patch.",
        ),
    ] = "0",  # type: ignore[assignment]  (what the parser reads)
    min_observed: Annotated[
        float, typer.Option(min=0, max=1, help="Least share of pixels with an image.")
    ] = 0.0,
    drop_only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS", help="Leave out what holds no other classes; repeatable."
        ),
    ] = None,
    masks: Annotated[
        str | None, typer.Option(help="Masks of clouds and snow, such as SCL.")
    ] = None,
    max_cloud: Annotated[
        float, typer.Option(min=0, max=1, help="Greatest share of cloud; 1 keeps all.")
    ] = 1.0,
    max_snow: Annotated[
        float, typer.Option(min=0, max=1, help="Greatest share of snow; 1 keeps all.")
    ] = 1.0,
    dates: Annotated[
        Dates, typer.Option(help="Several dates of one place: samples, or one series.")
    ] = Dates.NONE,
    coding: Annotated[
        Coding, typer.Option(help="How label rasters are coded.")
    ] = Coding.AUTO,
    band: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name of a band; once for each, in order."),
    ] = None,
    split: Annotated[By, typer.Option(help="What stays in one split.")] = By.SCENE,
    fractions: Annotated[
        tuple,
        typer.Option(
            parser=_shares,
            metavar="TRAIN,VAL,TEST",
            help="Shares of the splits.",
        ),
    ] = "0.7,0.2,0.1",  # type: ignore[assignment]
    train: Scenes = None,
    val: Scenes = None,
    test: Scenes = None,
    block: Annotated[
        int, typer.Option(min=1, help="Patches along the side of a block.")
    ] = 4,
    buffer: Annotated[
        float | None,
        typer.Option(min=0, help="Distance splits keep, in units of the CRS."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another draw.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per CPU.")
    ] = None,
) -> None:
    """Cut scenes and labels into patches; run again after a stop, it goes on."""
    from kerasseg.cli import progress
    from kerasseg.prepare import patches as job

    with progress.bar("parts") as advance:
        summary = job.run(
            images,
            labels,
            legend,
            destination,
            size=size,
            overlap=overlap,
            edge=edge.value,
            keep=keep,
            background=None if background < 0 else background,
            min_observed=min_observed,
            drop_only=drop_only or (),
            masks=masks,
            max_cloud=max_cloud,
            max_snow=max_snow,
            dates=dates.value,
            coding=coding.value,
            bands=band or None,
            split=split.value,
            fractions=fractions,
            train=train or (),
            val=val or (),
            test=test or (),
            block=block,
            buffer=buffer,
            seed=seed,
            workers=workers,
            progress=advance,
        )
    _print_summary(summary)


@app.command()
def align(  # noqa: PLR0913, the options of a command
    labels: Annotated[Path, typer.Argument(help="A label raster, or polygons.")],
    image: Annotated[Path, typer.Argument(help="The image whose grid they come onto.")],
    destination: Annotated[Path, typer.Argument(help="The GeoTIFF to write.")],
    method: Annotated[
        Method,
        typer.Option(
            help="The label at a pixel's centre; that of most label pixels in it; the "
            "same, the more so near the centre; the same, the more so if rare."
        ),
    ] = Method.NEAREST,
    share: Annotated[
        bool, typer.Option("--share", help="Add the share of the class as a band.")
    ] = False,
    legend: Annotated[
        Path | None, typer.Option(help="What labels mean: maps, merges, ignores.")
    ] = None,
    coding: Annotated[
        Coding, typer.Option(help="How label rasters are coded.")
    ] = Coding.AUTO,
    unknown: Annotated[
        Unknown, typer.Option(help="What becomes of values not in the legend.")
    ] = Unknown.REFUSE,
    nodata: Annotated[
        int | None, typer.Option(help="The value of unlabelled pixels.")
    ] = None,
    covered: Annotated[
        float,
        typer.Option(min=0, max=1, help="Least labelled share of a labelled pixel."),
    ] = 0.5,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS=WEIGHT",
            help="For rarity: what a vote counts; once for each.",
        ),
    ] = None,
    attribute: Annotated[
        str | None, typer.Option(help="Of polygons: the field of the class.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Of polygons: the layer.")] = None,
    background: Annotated[
        int | None, typer.Option(help="Of polygons: the value where there is none.")
    ] = None,
    refine: Annotated[
        int | None,
        typer.Option(min=1, help="Of polygons: parts of a pixel's side that vote."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per CPU.")
    ] = None,
) -> None:
    """Bring labels onto the grid of an image; run again after a stop, it goes on."""
    from kerasseg.cli import progress
    from kerasseg.prepare import align as job

    with progress.bar("pieces") as advance:
        summary = job.label(
            labels,
            image,
            destination,
            method=method.value,
            share=share,
            legend=legend,
            coding=coding.value,
            unknown=unknown.value,
            nodata=nodata,
            covered=covered,
            weights=dict(map(_weight, weight)) if weight else None,
            attribute=attribute,
            layer=layer,
            background=background,
            refine=refine,
            workers=workers,
            progress=advance,
        )
    _print_summary(summary)


@app.command()
def stack(
    bands: Annotated[
        list[Path], typer.Argument(help="Files on one grid, in the order of bands.")
    ],
    destination: Annotated[Path, typer.Argument(help="The GeoTIFF to write.")],
) -> None:
    """Put files of single bands together as one image."""
    from kerasseg.prepare import stacking

    stacking.bands(bands, destination)


@app.command()
def statistics(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `prepare patches` wrote.")
    ],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per CPU.")
    ] = None,
) -> None:
    """Find ranges, percentiles and class weights, and note them in `patches.json`."""
    from kerasseg.cli import progress
    from kerasseg.prepare import statistics as job

    with progress.bar("parts") as advance:
        _print_summary(job.run(folder, workers=workers, progress=advance))


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    if not name or not re.fullmatch(r"[\d.]+(e-?\d+)?", value):
        raise typer.BadParameter(f"{text!r} is no weight, such as water=2.5.")
    return name, float(value)


def _print_summary(summary: dict, indent: str = "") -> None:
    for name, fact in summary.items():
        if isinstance(fact, dict):
            typer.echo(f"{indent}{name}:")
            _print_summary(fact, indent + "  ")
        else:
            typer.echo(f"{indent}{name}: {fact}")
