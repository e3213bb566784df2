"""`kerasseg prepare align` and `stack`: labels and bands onto one grid."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kerasseg.cli.summary import show


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
        int | None,
        typer.Option(
            help="What unlabelled pixels get; the type is widened where it must be."
        ),
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
    show(summary)


def stack(
    bands: Annotated[
        list[Path], typer.Argument(help="Files on one grid, in the order of bands.")
    ],
    destination: Annotated[Path, typer.Argument(help="The GeoTIFF to write.")],
    band: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name of a band, by which models find it; once for each, in order.",
        ),
    ] = None,
) -> None:
    """Put files of single bands together as one image, and name its bands."""
    from kerasseg.prepare import stacking

    stacking.bands(bands, destination, band)


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    if not name or not re.fullmatch(r"[\d.]+(e-?\d+)?", value):
        raise typer.BadParameter(f"{text!r} is no weight, such as water=2.5.")
    return name, float(value)
