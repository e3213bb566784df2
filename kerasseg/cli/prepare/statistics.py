"""`kerasseg prepare statistics`: what recipes normalise and weigh by."""

from pathlib import Path
from typing import Annotated

import typer

from kerasseg.cli.summary import show


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
        show(job.run(folder, workers=workers, progress=advance))
