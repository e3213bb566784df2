"""`kerasseg predict`: map a scene of any size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import BackendOption, Run


def predict(
    run: Run,
    scene: Annotated[
        list[Path],
        typer.Argument(help="The raster to map, or one per band on the same grid."),
    ],
    destination: Annotated[
        Path, typer.Argument(metavar="MAP", help="The GeoTIFF to write.")
    ],
    window: Annotated[int, typer.Option(min=1, help="Side of a window, pixels.")] = 512,
    overlap: Annotated[
        int | None,
        typer.Option(min=0, help="Pixels that neighbouring windows share."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Windows at a time.")] = 4,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write them too, beside the map.")
    ] = False,
    backend: BackendOption = None,
) -> None:
    """Map a scene: overlapping windows, blended, as a georeferenced GeoTIFF."""
    from kerasseg import tracking
    from kerasseg.cli import progress, running

    for path in scene:
        if not path.is_file():
            raise FileNotFoundError(f"no scene at {path}. Correct the path.")
    found = tracking.find(run)
    running.choose_backend(found.recipe, backend)

    from kerasseg import artifact
    from kerasseg import predict as job

    model = artifact.load(found.model)
    with progress.bar("windows") as advance:
        summary = job.scene(
            model,
            scene,
            destination,
            window=window,
            overlap=overlap,
            batch_size=batch_size,
            probabilities=probabilities,
            progress=advance,
        )
    _print(summary, artifact.legend(model).names)


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
