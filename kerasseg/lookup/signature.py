"""What a function asks for, read from its text: names, kinds, defaults, meanings."""

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from kerasseg.lookup.annotations import UNKNOWN, annotation, constant
from kerasseg.lookup.source import Definition

REQUIRED = object()
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Args:
        name: Its name.
        annotation: Its type, strict, as pydantic reads it.
        default: Its default; `REQUIRED` or `UNKNOWN` where there is none to give.
        description: What the docstring says of it, in one line.
    """

    name: str
    annotation: Any
    default: Any
    description: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def known_default(self) -> bool:
        return self.default is not REQUIRED and self.default is not UNKNOWN


@dataclass(frozen=True)
class Signature:
    """A function as a recipe sees it.

    Args:
        path: Its dotted path.
        summary: The first line of its docstring.
        reserved: Parameters that kerasseg fills in: `bands`, `num_classes`, `split`.
        parameters: Those that a recipe may give: its options.
        open: Whether it takes options it does not name.
    """

    path: str
    summary: str
    reserved: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    open: bool = False

    @cached_property
    def options(self) -> type[BaseModel]:
        """A pydantic model that takes the options and nothing else."""
        fields = {
            # Aliases, because pydantic keeps some names, such as `model_`, for itself.
            f"field_{i}": (p.annotation, _field(p))
            for i, p in enumerate(self.parameters)
        }
        config = ConfigDict(extra="allow" if self.open else "forbid", **_CONFIG)
        return create_model(self.path.replace(".", "_"), __config__=config, **fields)


_CONFIG = {"allow_inf_nan": False, "arbitrary_types_allowed": True}


def read(path: str, found: Definition, reserved: tuple[str, ...]) -> Signature:
    """Read a signature from a definition.

    Args:
        path: The dotted path to call it by.
        found: Its definition, a function.
        reserved: Names of parameters that are not options.
    """
    arguments = found.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(
        zip(
            [a.arg for a in reversed(positional)],
            reversed(arguments.defaults),
            strict=False,
        )
    ) | {
        a.arg: default
        for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    text = ast.get_docstring(found.node) or ""
    meanings = descriptions(text)
    parameters = tuple(
        Parameter(
            argument.arg,
            annotation(argument.annotation, found.module),
            constant(defaults[argument.arg], found.module)
            if argument.arg in defaults
            else REQUIRED,
            meanings.get(argument.arg, ""),
        )
        for argument in [*positional, *arguments.kwonlyargs]
    )
    return _split(path, text, parameters, reserved, arguments.kwarg is not None)


def inspected(path: str, function: Callable, reserved: tuple[str, ...]) -> Signature:
    """Read a signature from an imported function, where the source is hidden."""
    parameters = inspect.signature(function).parameters.values()
    text = inspect.getdoc(function) or ""
    named = tuple(
        Parameter(p.name, Any, REQUIRED if p.default is p.empty else p.default)
        for p in parameters
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    )
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return _split(path, text, named, reserved, anything)


def descriptions(docstring: str) -> dict[str, str]:
    """Return what the `Args:` of a Google docstring says of each parameter."""
    section = re.search(
        r"^Args:\n(.*?)(?=^\S|\Z)",
        inspect.cleandoc(docstring),
        re.DOTALL | re.MULTILINE,
    )
    if section is None:
        return {}
    entries = re.findall(
        r"^ {4}\*{0,2}(\w+)[^:\n]*:[ \n]+(.*?)(?=^ {4}\S|\Z)",
        section[1],
        re.DOTALL | re.MULTILINE,
    )
    return {name: " ".join(text.split()) for name, text in entries}


def _split(
    path: str,
    docstring: str,
    parameters: tuple[Parameter, ...],
    reserved: tuple[str, ...],
    anything: bool,
) -> Signature:
    return Signature(
        path,
        docstring.partition("\n")[0],
        tuple(p.name for p in parameters if p.name in reserved),
        tuple(p for p in parameters if p.name not in reserved),
        anything,
    )


def _field(parameter: Parameter) -> Any:
    texts = {"alias": parameter.name, "description": parameter.description or None}
    if parameter.required:
        return Field(**texts)
    default = parameter.default if parameter.known_default else None
    return Field(default, **texts)
