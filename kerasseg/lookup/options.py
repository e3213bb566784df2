"""Hold the options of a recipe against the signature of what it names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kerasseg.lookup.annotations import mentions
from kerasseg.lookup.shelf import signature
from kerasseg.lookup.signature import Parameter, Signature
from kerasseg.lookup.wording import nearest, refusal

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Args:
        key: Where, from the outside in: `("augment", 0, "rate")`.
        message: What was received and what is right.
    """

    key: Key
    message: str


def check(
    kind: str, name: str, options: Mapping[str, Any], folders: Mapping[str, Path]
) -> tuple[dict[str, Any], list[Fault]]:
    """Check options and fill in the defaults; all faults are told at once.

    Args:
        kind: One of `KINDS`.
        name: The name the recipe gives.
        options: The options the recipe gives.
        folders: For each option, the folder its relative paths count from.

    Returns:
        The options with the defaults filled in, lists as tuples and paths absolute;
        and the faults.
    """
    try:
        asked = signature(kind, name)
    except (LookupError, ImportError) as error:
        return {}, [Fault(("name",), str(error))]
    options = {str(key): value for key, value in options.items()}
    parameters = {parameter.name: parameter for parameter in asked.parameters}
    try:
        model = asked.options.model_validate(options)
    except ValidationError as error:
        return {}, _faults(error, name, options, asked)
    values = {
        p.name: getattr(model, f"field_{i}") for i, p in enumerate(asked.parameters)
    }
    checked = {
        name: _settled(value, parameters[name], folders.get(name, Path.cwd()))
        for name, value in values.items()
        if name in options or parameters[name].known_default
    }
    return checked | (model.model_extra or {}), []


def _faults(
    error: ValidationError, name: str, options: Mapping[str, Any], asked: Signature
) -> list[Fault]:
    """Word the faults, one per option: a union reports one per member."""
    known = [parameter.name for parameter in asked.parameters]
    fields = {field.alias: field for field in asked.options.model_fields.values()}
    faults = {}
    for found in error.errors():
        option = found["loc"][0]
        if found["type"] == "extra_forbidden":
            right = nearest(option, known)
            if option in asked.reserved:
                right = "kerasseg fills it in: leave it out."
            message = f"{name} has no option {option!r}. {right}"
        else:
            whole = {"input": options[option]} if option in options else {}
            message = refusal({**found, **whole}, fields[option])
        faults.setdefault(option, Fault((option,), message))
    return list(faults.values())


def _settled(value: Any, parameter: Parameter, folder: Path) -> Any:
    """Make paths absolute and lists tuples, so that equal recipes compare equal."""
    if isinstance(value, list | tuple):
        return tuple(_settled(item, parameter, folder) for item in value)
    if isinstance(value, dict):
        return {key: _settled(item, parameter, folder) for key, item in value.items()}
    if parameter.name == "class_weights" and value == "none":
        return None
    if isinstance(value, Path):
        return _absolute(value, folder)
    if isinstance(value, str) and _is_path(value, parameter, folder):
        return str(_absolute(Path(value), folder))
    return value


def _is_path(value: str, parameter: Parameter, folder: Path) -> bool:
    """Tell paths from words such as `imagenet`, where a parameter takes both."""
    if parameter.name in ("root", "path") or parameter.name.endswith(
        ("_root", "_path")
    ):
        return True
    takes_paths = parameter.name == "weights" or mentions(parameter.annotation, Path)
    if not takes_paths or "://" in value:
        return False
    return "/" in value or value.startswith(("~", ".")) or (folder / value).exists()


def _absolute(path: Path, folder: Path) -> Path:
    # Folded as text: symbolic links keep the name that the user gave them.
    return Path(os.path.normpath(folder.absolute() / path.expanduser()))
