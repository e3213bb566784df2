"""`kerasseg check`: find what is wrong before hours are spent."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import Quiet, Sets
from kerasseg.cli.errors import fail


def check(
    path: Annotated[
        Path, typer.Argument(metavar="RECIPE|DIR", help="A recipe or its patches.")
    ],
    sets: Sets = None,
    quiet: Quiet = False,
) -> None:
    """Check a recipe and its data, or a folder of patches; 1 if a fault was found."""
    from kerasseg import pipeline
    from kerasseg import recipe as recipes

    if path.is_dir():
        _check_samples(recipes.Choice(name="patches", root=str(path)), quiet)
        return
    try:
        followed = recipes.read(path, sets or ())
    except recipes.RecipeError as error:
        fail(str(error))
    typer.echo(f"{path}: every key, name and option is right.")
    try:
        for split in _SPLITS:
            typer.echo(f"{split}: {len(pipeline.dataset(followed, split))} samples")
    except (ValueError, LookupError, OSError) as error:
        fail(str(error))


_SPLITS = ("train", "val", "test")


def _check_samples(data: Any, quiet: bool) -> None:
    """Open every sample of every split."""
    from kerasseg import lookup
    from kerasseg.cli import progress

    load = lookup.bind(lookup.find("dataset", data.name), data.options)
    findings = []
    for split in _SPLITS:
        try:
            samples = load(split)
        except (ValueError, LookupError, OSError) as error:
            findings.append(str(error))
            continue
        with progress.bar(split, quiet) as advance:
            findings.extend(_broken(samples, advance))
        typer.echo(f"{split}: {len(samples)} samples")
    if findings:
        fail("\n".join(dict.fromkeys(findings)))


def _broken(samples: Any, advance: Any) -> list[str]:
    from kerasseg.legend import IGNORE

    found = []
    for index, name in enumerate(samples.ids):
        try:
            label = samples[index]["label"]
        except (ValueError, LookupError, OSError) as error:
            found.append(str(error))
        else:
            beyond = label[(label >= samples.legend.num_classes) & (label != IGNORE)]
            if beyond.size:
                found.append(
                    f"{name}: label {beyond[0]} is not in the legend, which has "
                    f"{samples.legend.num_classes} classes. Prepare the patches anew."
                )
        if advance:
            advance(index + 1, len(samples))
    return found
