"""`kerasseg prepare`: from rasters and labels to what a dataset reads."""

import typer

from kerasseg.cli.prepare import align, patches, statistics

app = typer.Typer(
    name="prepare",
    help="Make data ready: `align`, `stack`, `patches`, `statistics`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command()(align.align)
app.command()(align.stack)
app.command()(patches.patches)
app.command()(statistics.statistics)
