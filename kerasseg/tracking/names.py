"""Names that MLflow accepts, from the names that recipes and legends use."""

import re
from collections.abc import Mapping
from typing import Any


def flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """List the leaves of nested mappings under dotted names."""
    pairs = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            pairs += flatten(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def metric_name(name: str) -> str:
    """Replace by `_` what MLflow refuses in the name of a score or a parameter.

    It reads a name as a path as well: no part of it may be empty or only dots.
    """
    parts = re.sub(r"[^\w\-. :/]", "_", name).split("/")
    return "/".join(part if part.strip(".") else "_" for part in parts)
