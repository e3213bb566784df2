"""Evaluate annotations and defaults as text, with a closed list of names."""

import ast
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import annotated_types
from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr, StringConstraints

from kerasseg.lookup import source
from kerasseg.lookup.source import Definition, Module

UNKNOWN = object()
"""The default of a parameter that has one which only running the code would tell."""

# The strict kinds: a recipe that says "3" where a number belongs is wrong.
_TYPES: dict[str, Any] = {
    "int": StrictInt,
    "float": StrictFloat,
    "bool": StrictBool,
    "str": StrictStr,
    "None": None,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "Path": Path,
    "Any": Any,
    "Annotated": Annotated,
    "Literal": Literal,
    "Mapping": Mapping,
    "Optional": Optional,
    "Sequence": Sequence,
    "Union": Union,
    **{name: getattr(annotated_types, name) for name in ("Ge", "Gt", "Le", "Lt")},
    "Interval": annotated_types.Interval,
    "StringConstraints": StringConstraints,
}


def annotation(node: ast.expr | None, here: Module) -> Any:
    """Return the type an annotation means; `Any` for what a recipe cannot write."""
    if node is None:
        return Any
    try:
        return _evaluate(node, here)
    except (ValueError, TypeError, LookupError, AttributeError):
        return Any


def constant(node: ast.expr, here: Module) -> Any:
    """Return the value a default means, or `UNKNOWN`."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        pass
    found = _definition(node, here)
    if found is not None and isinstance(found.node, ast.Assign | ast.AnnAssign):
        return constant(found.node.value, found.module)
    return UNKNOWN


def _evaluate(node: ast.expr, here: Module) -> Any:
    """Evaluate; raises where the annotation is beyond the closed list."""
    evaluate: dict[type, Callable[[Any, Module], Any]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _name,
        ast.BinOp: lambda n, h: Union[_evaluate(n.left, h), _evaluate(n.right, h)],  # noqa: UP007
        ast.Tuple: lambda n, h: tuple(_evaluate(item, h) for item in n.elts),
        ast.Subscript: _subscript,
        ast.Call: _call,
    }
    return evaluate[type(node)](node, here)


def _constant(node: ast.Constant, here: Module) -> Any:
    if isinstance(node.value, str):
        return _evaluate(ast.parse(node.value, mode="eval").body, here)
    return node.value


def _name(node: ast.Name | ast.Attribute, here: Module) -> Any:
    found = _definition(node, here)
    if found is not None and isinstance(found.node, ast.Assign | ast.AnnAssign):
        return _evaluate(found.node.value, found.module)
    return _TYPES[node.id if isinstance(node, ast.Name) else node.attr]


def _subscript(node: ast.Subscript, here: Module) -> Any:
    outer = _evaluate(node.value, here)
    if outer is Literal:
        inner = ast.literal_eval(node.slice)
    elif outer is Annotated:
        kind, *limits = node.slice.elts
        inner = (_evaluate(kind, here), *(_evaluate(limit, here) for limit in limits))
    else:
        inner = _evaluate(node.slice, here)
    return outer[inner]


def _call(node: ast.Call, here: Module) -> Any:
    """A limit inside `Annotated`, such as `Interval(ge=0, le=1)`."""
    limit = _evaluate(node.func, here)
    known = getattr(limit, "__module__", "") == annotated_types.__name__
    if not known and limit is not StringConstraints:
        raise ValueError(ast.unparse(node))
    values = [ast.literal_eval(value) for value in node.args]
    named = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
    return limit(*values, **named)


def _definition(node: ast.expr, here: Module) -> Definition | None:
    """Find what `NAME` or `module.NAME` stands for."""
    if isinstance(node, ast.Name):
        return source.definition(here, node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = source.imported(here, node.value.id)
        return owner and source.definition(owner, node.attr)
    return None


def words(kind: Any) -> list[str]:
    """List the words that a type takes, alone, in a union or in a list."""
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is Literal:
        return [item for item in inner if isinstance(item, str)]
    return list(dict.fromkeys(word for part in inner for word in words(part)))


def mentions(kind: Any, wanted: Any) -> bool:
    """Say whether a type is, or holds somewhere inside, the wanted one."""
    return kind is wanted or any(mentions(k, wanted) for k in typing.get_args(kind))
