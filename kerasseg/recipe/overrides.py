"""Change a recipe from the command line: `--set training.epochs=3`."""

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from kerasseg.lookup import Fault
from kerasseg.lookup.options import Key
from kerasseg.recipe import document

_VARIABLE = re.compile(r"(\$?)\$\{(\w+)(?::-([^}]*))?\}")
_ELIDED = re.compile(r"data|model|loss|augment\.\d+|training\.schedule")
"""Where a bare name stands for a mapping with that name."""


def apply(content: Any, overrides: Sequence[str]) -> tuple[Any, dict[Key, str]]:
    """Set values in a recipe's content.

    Args:
        content: What the file says; left as it is.
        overrides: `key=value` each. A key is dotted and counts list items from 0;
            a value is YAML.

    Returns:
        The new content, and for each key that was set the override that set it.

    Raises:
        ValueError: If an override is not `key=value`, or the key cannot be there.
    """
    origins = {}
    for override in overrides:
        dotted, equals, text = override.partition("=")
        if not equals or not dotted.strip(". "):
            raise ValueError(
                f"--set {override}: not key=value. Write for example "
                "--set training.epochs=3."
            )
        try:
            key = tuple(_step(part) for part in dotted.strip().split("."))
            content = _replaced(content, key, document.value(text), ())
        except ValueError as error:
            raise ValueError(f"--set {override}: {error}") from None
        origins[key] = f"--set {override}"
    return content, origins


def expand(content: Any, key: Key = ()) -> tuple[Any, list[Fault]]:
    """Put environment variables in place of `${NAME}` and `${NAME:-default}`.

    `$${` stands for `${` itself.
    """
    if isinstance(content, str):
        return _expand_text(content, key)
    faults: list[Fault] = []

    def inside(item: Any, part: str | int) -> Any:
        expanded, found = expand(item, (*key, part))
        faults.extend(found)
        return expanded

    return _mapped(content, inside), faults


def escape(content: Any) -> Any:
    """Undo `expand`: write `$${` for each `${`."""
    if isinstance(content, str):
        return content.replace("${", "$${")
    return _mapped(content, lambda item, _: escape(item))


def _mapped(content: Any, change: Callable[[Any, str | int], Any]) -> Any:
    if isinstance(content, dict):
        return {name: change(item, str(name)) for name, item in content.items()}
    if isinstance(content, list | tuple):
        return [change(item, index) for index, item in enumerate(content)]
    return content


def _expand_text(text: str, key: Key) -> tuple[str, list[Fault]]:
    faults = []

    def filled(match: re.Match) -> str:
        escaped, name, default = match.groups()
        if escaped:
            return match[0][1:]
        if name not in os.environ and default is None:
            faults.append(
                Fault(
                    key,
                    f"the environment variable {name} is not set. Set it, or write "
                    f"${{{name}:-default}}.",
                )
            )
        return os.environ.get(name) or default or ""

    return _VARIABLE.sub(filled, text), faults


def _step(part: str) -> str | int:
    return int(part) if part.isdigit() else part


def _replaced(content: Any, key: Key, value: Any, passed: Key) -> Any:
    """Return the content with one value changed."""
    if not key:
        return value
    if isinstance(content, str) and _ELIDED.fullmatch(".".join(map(str, passed))):
        content = {"name": content}
    step, *rest = key
    inner = (*passed, step)
    if isinstance(step, int):
        if not isinstance(content, list) or step > len(content):
            length = len(content) if isinstance(content, list) else 0
            raise ValueError(f"{_dotted(passed)} has {length} items, counted from 0.")
        old = content[step] if step < len(content) else None
        new = _replaced(old, tuple(rest), value, inner)
        return [*content[:step], new, *content[step + 1 :]]
    if content is not None and not isinstance(content, dict):
        raise ValueError(f"{_dotted(passed)} holds no keys: it is {content!r}.")
    old = (content or {}).get(step)
    return {**(content or {}), step: _replaced(old, tuple(rest), value, inner)}


def _dotted(key: Key) -> str:
    return ".".join(map(str, key)) or "the recipe"
