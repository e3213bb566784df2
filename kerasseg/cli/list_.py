"""`kerasseg list`: what there is to choose from."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from kerasseg import lookup


class Shelf(StrEnum):
    """What can be listed."""

    MODELS = "models"
    DATASETS = "datasets"
    LOSSES = "losses"
    AUGMENTS = "augments"
    ENCODERS = "encoders"
    RUNS = "runs"


_KINDS = {
    Shelf.MODELS: "model",
    Shelf.DATASETS: "dataset",
    Shelf.LOSSES: "loss",
    Shelf.AUGMENTS: "augment",
}


def list_(
    what: Annotated[Shelf, typer.Argument(help="What to list.")],
    options: Annotated[
        bool, typer.Option("--options", help="With the options of each.")
    ] = False,
) -> None:
    """List what a recipe can name, or the runs so far."""
    if what is Shelf.RUNS:
        _print_runs()
    elif what is Shelf.ENCODERS:
        for name in _encoders():
            typer.echo(name)
    else:
        kind = _KINDS[what]
        for name in lookup.names(kind):
            _print_one(lookup.signature(kind, name), name, options)


def _print_one(signature: lookup.Signature, name: str, options: bool) -> None:
    typer.echo(f"{name:<24} {signature.summary}")
    for parameter in signature.parameters if options else ():
        default = f" = {_yaml(parameter.default)}" if parameter.known_default else ""
        typer.echo(f"    {parameter.name}{default}: {parameter.description}")


def _yaml(value: Any) -> str:
    """Write a value as a recipe would: null, true, [64, 32]."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _encoders() -> list[str]:
    """List what the models take for `encoder`."""
    found = []
    for name in lookup.names("model"):
        for parameter in lookup.signature("model", name).parameters:
            if parameter.name == "encoder":
                found.extend(lookup.words(parameter.annotation))
    return list(dict.fromkeys(found))


def _print_runs() -> None:
    from datetime import datetime

    from kerasseg import tracking

    found = tracking.runs()
    if not found:
        typer.echo(f"no runs in {tracking.address()}", err=True)
    for run in found:
        started = datetime.fromtimestamp(run["start"] / 1000)
        score = run["scores"].get("test_mean_iou")
        shown = "" if score is None else f"test mean IoU {score:.3f}"
        typer.echo(
            f"{run['run'][:8]}  {started:%Y-%m-%d %H:%M}  {run['status']:<9} "
            f"{run['experiment']}  {run['name']}  {shown}".rstrip()
        )
