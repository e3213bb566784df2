"""`kerasseg prepare patches`: scenes and labels to patches."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kerasseg.cli.prepare.align import Coding
from kerasseg.cli.summary import show


class Edge(StrEnum):
    """What happens at the right and bottom of a scene."""

    CROP = "crop"
    SHIFT = "shift"
    PAD = "pad"


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
    del summary["options"]  # They are the command's.
    show(summary)
