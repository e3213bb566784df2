"""The shelf: what a recipe can name, and where it stands."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, Literal

from pydantic import StrictFloat

from kerasseg.lookup import source
from kerasseg.lookup.signature import Signature, inspected, read
from kerasseg.lookup.wording import nearest


@dataclass(frozen=True)
class Kind:
    """A kind of thing a recipe can name.

    Args:
        home: The dotted path of one, with `{}` for its name.
        reserved: The parameters kerasseg fills in. The required ones of them tell
            such a function from others that happen to stand in the same module.
        optional: Parameters kerasseg fills in where a function has them.
    """

    home: str
    reserved: tuple[str, ...]
    optional: tuple[str, ...] = ()


KINDS = {
    "model": Kind("kerasseg.models.{}.build", ("bands", "num_classes")),
    "dataset": Kind("kerasseg.datasets.{}.load", ("split",)),
    "loss": Kind("kerasseg.losses.{}", ("labels", "logits"), ("ignore",)),
    "augment": Kind("kerasseg.augment.{}", ("sample", "rng")),
}

ClassWeights = (
    Literal["inverse", "inverse_root", "inverse_log", "effective", "none"]
    | Sequence[StrictFloat]
    | None
)
"""What a recipe may say of `class_weights`. Only at fit are the counts known that
`inverse` (one over the number of samples of each class) and its kin stand for; see
`scores.class_weights`."""


def names(kind: str) -> list[str]:
    """List the names a recipe may use for a kind, one of the keys of `KINDS`."""
    parent, _, rest = KINDS[kind].home.partition(".{}")
    found = source.submodules(parent) if rest else source.exported(parent)
    return [name for name in found if _is_one(kind, KINDS[kind].home.format(name))]


def find(kind: str, name: str) -> Callable:
    """Import and return the function a name stands for.

    `find("model", "fpn")` is `kerasseg.models.fpn.build`. A dotted name is a path
    of your own: `find("model", "mylab.tinynet.build")`.

    Raises:
        LookupError: If the name is not known. The message tells the nearest one.
    """
    module, _, function = _path(kind, name).rpartition(".")
    try:
        return getattr(import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name not in _parents(
            module
        ):
            raise
        raise LookupError(_no_such(kind, name)) from None


def signature(kind: str, name: str) -> Signature:
    """Read what a function asks for, without importing it.

    A dotted name whose module hides its source (compiled, or made on the fly) is
    imported after all.

    Raises:
        LookupError: If the name is not known. The message tells the nearest one.
    """
    path = _path(kind, name)
    reserved = KINDS[kind].reserved + KINDS[kind].optional
    found = _definition(path)
    if found is not None and isinstance(found.node, ast.FunctionDef):
        read_signature = read(path, found, reserved)
    else:
        read_signature = inspected(path, find(kind, name), reserved)
    return _with_inverse_weights(read_signature) if kind == "loss" else read_signature


def bind(function: Callable, options: Mapping[str, Any]) -> Callable:
    """Fix options of a function, which `check` has held against its signature."""
    return partial(function, **options)


def _path(kind: str, name: str) -> str:
    if "." in name:
        return name
    known = names(kind)
    if name not in known:
        raise LookupError(f"no {kind} {name!r}. {nearest(name, known)}")
    return KINDS[kind].home.format(name)


def _definition(path: str) -> source.Definition | None:
    module, _, function = path.rpartition(".")
    here = source.module(module)
    return here and source.definition(here, function)


def _is_one(kind: str, path: str) -> bool:
    found = _definition(path)
    if found is None or not isinstance(found.node, ast.FunctionDef):
        return False
    arguments = found.node.args
    taken = {a.arg for a in (*arguments.posonlyargs, *arguments.args)}
    return taken.issuperset(KINDS[kind].reserved)


def _no_such(kind: str, name: str) -> str:
    return (
        f"no {kind} {name!r}: nothing can be imported from there. Correct the dotted "
        f"path, or choose from: {', '.join(names(kind))}."
    )


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _with_inverse_weights(found: Signature) -> Signature:
    parameters = tuple(
        replace(p, annotation=ClassWeights) if p.name == "class_weights" else p
        for p in found.parameters
    )
    return replace(found, parameters=parameters)
