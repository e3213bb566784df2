"""`kerasseg check`: find what is wrong before hours are spent."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import Quiet, Sets
from kerasseg.cli.errors import FINDINGS, fail


def check(  # noqa: PLR0913
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A recipe, a folder of patches, a raster, or a folder or pattern of "
            "rasters: scenes, or dates of one place.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Of rasters: the labels, a raster, folder or pattern."),
    ] = None,
    legend: Annotated[
        Path | None,
        typer.Option(
            help="What label values mean, YAML or JSON; by default legend.json or "
            "legend.yaml of the folder."
        ),
    ] = None,
    sets: Sets = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A finding to leave out; several times."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings end with code 1, too.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON instead of a table.")
    ] = False,
    known: Annotated[
        bool, typer.Option("--list", help="List what can be found, and end.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Examine data: 0 if all is well, 1 if there is an error."""
    from kerasseg import doctor

    if known:
        _list(doctor.KINDS)
        return
    if data is None:
        raise ValueError("check: no DATA. Give a recipe, a folder or a raster.")
    report = _examined(data, labels, legend, sets, quiet or as_json)
    report = report.without(ignore or ())
    told = json.dumps(report.to_dict(), indent=2, ensure_ascii=False)
    typer.echo(told if as_json else _table(report))
    if not report.is_well(strict):
        raise typer.Exit(FINDINGS)


def _examined(
    data: str,
    labels: str | None,
    legend: Path | None,
    sets: list[str] | None,
    quiet: bool,
) -> Any:
    from kerasseg import doctor
    from kerasseg import legend as legends
    from kerasseg.cli import progress

    is_recipe = Path(data).suffix.lower() in (".yaml", ".yml")
    if sets and not is_recipe:
        raise ValueError(f"--set is for recipes, but {data} is none. Leave it out.")
    load = _of_recipe(data, sets) if is_recipe else _of_folder(data)
    if load is None:
        known = legends.read(legend) if legend else _own_legend(Path(data))
        with progress.bar("files", quiet) as advance:
            return doctor.scenes(data, labels, legend=known, progress=advance)
    if labels or legend:
        raise ValueError(
            f"{data} says itself what its labels are. Leave --labels and --legend out."
        )
    try:
        with progress.bar("samples", quiet) as advance:
            return doctor.samples(load, data, advance)
    except (ValueError, LookupError, OSError) as error:
        fail(str(error))


def _of_recipe(data: str, sets: list[str] | None) -> Callable[[str], Any]:
    from kerasseg import pipeline
    from kerasseg import recipe as recipes

    try:
        followed = recipes.read(Path(data), sets or ())
    except recipes.RecipeError as error:
        fail(str(error))
    return lambda split: pipeline.dataset(followed, split)


def _of_folder(data: str) -> Callable[[str], Any] | None:
    """Return what loads a folder of samples; None if it holds rasters."""
    from kerasseg import lookup

    for name, (sign, options) in _SIGNS.items():
        if any((Path(data) / each).is_file() for each in sign):
            found = lookup.find("dataset", name)
            return lookup.bind(found, {"root": data, **options})
    return None


def _own_legend(folder: Path) -> Any:
    """Read the legend of a folder of rasters; None if it has none that we can read."""
    from kerasseg import legend as legends

    for name in ("legend.json", "legend.yaml"):
        if (folder / name).is_file():
            with suppress(legends.LegendError):
                return legends.read(folder / name)
    return None


_SIGNS = {
    "patches": (("patches.json", "index.csv"), {}),
    "pastis": (("metadata.geojson",), {"reference_date": "2000-01-01"}),
}
"""Files that tell the layout of a folder, and options under which any is read."""


_MOST = 8
"""Findings of one kind that a table shows."""


def _table(report: Any) -> str:
    """Lay findings out: severity, id and files, then what is so and what to do."""
    from kerasseg.doctor.findings import listed

    lines, shown, alike = [], Counter(), defaultdict(list)
    for each in report.findings:
        alike[each.id, each.sentence, each.cure].append(each)
    for (name, sentence, cure), files in alike.items():
        shown[name] += 1
        if shown[name] <= _MOST:
            kind = files[0].kind
            where = listed([each.file for each in files], 3)
            lines += [f"{kind.severity:<8} {name} {kind.name}  {where}"]
            lines += [f"         {sentence}", f"         → {cure}"]
    lines += [
        f"         … and {number - _MOST} more {name}; --json tells all."
        for name, number in shown.items()
        if number > _MOST
    ]
    counts = ", ".join(
        f"{number} {name}{'s' * (number != 1)}"
        for name in ("error", "warning", "note")
        if (number := report.count(name))
    )
    return "\n".join(
        [
            *lines,
            *report.examined,
            f"{counts or 'all is well'} ({report.seconds:.1f} s)",
        ]
    )


def _list(kinds: dict[str, Any]) -> None:
    for name, kind in kinds.items():
        typer.echo(f"{name} {kind.severity:<8} {kind.name:<20} {kind.meaning}")
