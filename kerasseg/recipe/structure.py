"""Say what is wrong with the parts of a recipe: keys and values, not yet options."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from kerasseg import lookup
from kerasseg.lookup import Fault
from kerasseg.lookup.options import Key
from kerasseg.lookup.wording import refusal, shown
from kerasseg.recipe.parts import Choice, Recipe

_UNION_TAGS = ("constant", "cosine", "plateau")


def structural(error: ValidationError) -> Iterator[Fault]:
    """Word what pydantic found wrong with the parts of a recipe."""
    for found in error.errors():
        key = tuple(part for part in found["loc"] if part not in _UNION_TAGS)
        if found["type"] == "extra_forbidden":
            yield Fault(key, _unknown(key))
        elif not key:
            yield Fault(
                key, f"{shown(found['input'])} is not a recipe. Write keys and values."
            )
        elif found["type"].startswith("union_tag"):
            yield Fault((*key, "name"), _unknown_schedule(found["input"]))
        else:
            yield Fault(key, refusal(found, _field(key)))


def _unknown_schedule(value: Any) -> str:
    name = value.get("name") if isinstance(value, dict) else value
    return f"{shown(name)} is not a schedule. {lookup.nearest(str(name), _UNION_TAGS)}"


def _unknown(key: Key) -> str:
    """Point from an unknown key to the right one, also if it is in another part."""
    known = list(_models(key[:-1])[0].model_fields)
    for model in _models(key[:-1])[1:]:
        known.extend(name for name in model.model_fields if name not in known)
    elsewhere = {
        name: f"{part}.{name}"
        for part, field in Recipe.model_fields.items()
        for model in _classes(field.annotation)
        if model is not Choice
        for name in model.model_fields
    }
    if key[-1] not in known and key[-1] in elsewhere:
        return f"unknown key. Did you mean {elsewhere[key[-1]]!r}?"
    return f"unknown key. {lookup.nearest(key[-1], known)}"


def _field(key: Key) -> FieldInfo | None:
    for model in _models(key[:-1]):
        if key[-1] in model.model_fields:
            return model.model_fields[key[-1]]
    return None


def _models(key: Key) -> list[type[BaseModel]]:
    """List the pydantic models that may stand at a key."""
    models: list[type[BaseModel]] = [Recipe]
    for part in key:
        if isinstance(part, str):
            fields = [m.model_fields[part] for m in models if part in m.model_fields]
            models = [model for field in fields for model in _classes(field.annotation)]
    return models


def _classes(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [found for inner in get_args(kind) for found in _classes(inner)]
