"""The JSON Schema of recipes, for editors that complete and check as one types."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from kerasseg import lookup
from kerasseg.recipe.parts import Constant, Cosine, Plateau, Recipe
from kerasseg.recipe.reading import KINDS

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the JSON Schema of recipes: every name, with its own options."""
    found = _untitled(Recipe.model_json_schema())
    definitions = found["$defs"]
    del definitions["Choice"]
    for part, kind in KINDS.items():
        definitions[kind] = _choice(kind)
        field = found["properties"][part]
        holder = field["items"] if part == "augment" else field
        holder["$ref"] = f"#/$defs/{kind}"
    names = [model.model_fields["name"] for model in (Constant, Cosine, Plateau)]
    schedule = definitions["Training"]["properties"]["schedule"]
    schedule["anyOf"] = [
        {"enum": [word for name in names for word in name.annotation.__args__]},
        {"oneOf": schedule.pop("oneOf")},
    ]
    schedule.pop("discriminator")
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "Recipe", **found}


def _choice(kind: str) -> Schema:
    """Describe all that can stand where a recipe names something of a kind."""
    asked = {name: lookup.signature(kind, name) for name in lookup.names(kind)}
    bare = [
        name
        for name, signature in asked.items()
        if not any(parameter.required for parameter in signature.parameters)
    ]
    own = {"type": "string", "pattern": r"^\w+(\.\w+)+$"}
    return {
        "anyOf": [
            *([{"enum": bare}] if bare else []),
            *(_call(name, signature) for name, signature in asked.items()),
            {**own, "description": "A dotted path of your own."},
            {"type": "object", "properties": {"name": own}, "required": ["name"]},
        ]
    }


def _call(name: str, signature: lookup.Signature) -> Schema:
    options = _untitled(signature.options.model_json_schema(by_alias=True))
    word = {"const": name, "description": signature.summary}
    return {
        "type": "object",
        "description": signature.summary,
        "properties": {"name": word, **options.get("properties", {})},
        "required": ["name", *options.get("required", [])],
        "additionalProperties": signature.open,
    }


def _untitled(schema: Any) -> Any:
    """Leave out the titles, which only repeat the names in capitals."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    named = ("properties", "$defs")
    return {
        key: {name: _untitled(item) for name, item in value.items()}
        if key in named
        else _untitled(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
