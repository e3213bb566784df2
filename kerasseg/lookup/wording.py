"""Say in words what is wrong with a value, and what would be right."""

import types
import typing
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kerasseg.lookup.annotations import words

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
    dict: "a mapping",
    Mapping: "a mapping",
    None: "null",
    type(None): "null",
}
_LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def nearest(word: str, known: Sequence[str]) -> str:
    """Name the nearest right word, or all of them where none is near."""
    close = get_close_matches(str(word), known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Choose from: {', '.join(known)}." if known else "There are none."


def expected(kind: Any, limits: Sequence[Any] = ()) -> str:
    """Say what values a type takes: "a whole number above 0 or null"."""
    *most, last = dict.fromkeys(_parts(kind, limits))
    return f"{', '.join(most)} or {last}" if most else last


def refusal(error: Mapping[str, Any], field: FieldInfo | None) -> str:
    """Word one of pydantic's errors: what was received and what is right.

    Args:
        error: One entry of `ValidationError.errors()`.
        field: The field it is about, where one could be found.
    """
    if error["type"] == "missing":
        right = f" Give {_of(field)}." if field else ""
        return f"missing.{right}"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    got = shown(error["input"])
    if field is None:
        return f"{got}: {error['msg']}."
    return f"{got} is not {_of(field)}.{_advice(error['input'], field.annotation)}"


def shown(value: Any) -> str:
    """Show a received value, cut short where it is long."""
    if isinstance(value, str):
        text = repr(value)
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _advice(value: Any, kind: Any) -> str:
    """Name the nearest right word for the first wrong one, if one is near."""
    right = words(kind)
    for item in value if isinstance(value, list | tuple) else [value]:
        if right and isinstance(item, str) and item not in right:
            close = get_close_matches(item, right, n=1)
            return f" Did you mean {close[0]!r}?" if close else ""
    return ""


def _of(field: FieldInfo) -> str:
    return expected(field.annotation, field.metadata)


def _limited(limits: Sequence[Any]) -> str:
    parts = [
        f"{word} {getattr(limit, name):g}"
        for limit in limits
        for name, word in _LIMITS.items()
        if getattr(limit, name, None) is not None
    ]
    return f" {' and '.join(parts)}" if parts else ""


def _parts(kind: Any, limits: Sequence[Any] = ()) -> list[str]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _parts(inner[0], [*inner[1:], *limits])
    if origin in (Union, types.UnionType):
        return _members(inner, limits)
    if origin is Literal:
        return ["null" if item is None else str(item) for item in inner]
    if _is_list(origin or kind):
        kinds = [part for part in inner if part is not Ellipsis]
        return [f"a list with {expected(kinds[0])} each" if kinds else "a list"]
    patterns = [limit.pattern for limit in limits if getattr(limit, "pattern", None)]
    if kind is str and patterns:
        return [f"text that matches {patterns[0]}"]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [getattr(kind, "EXPECTED", "a mapping")]
    word = _WORDS.get(origin or kind, "another value")
    return [word if kind in (None, type(None)) else word + _limited(limits)]


def _members(members: Sequence[Any], limits: Sequence[Any]) -> list[str]:
    """List what a union takes; a list of the same is "a list of these"."""
    parts: list[str] = []
    for member in members:
        inner = [part for part in typing.get_args(member) if part is not Ellipsis]
        is_list = _is_list(typing.get_origin(member)) and len(inner) == 1
        if is_list and parts and set(_parts(inner[0])) <= set(parts):
            parts.append("a list of these")
        else:
            parts.extend(_parts(member, limits))
    return parts


def _is_list(kind: Any) -> bool:
    return kind in (list, tuple, Sequence)
