"""Read a recipe: every fault at once, each with its line, before anything heavy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kerasseg import lookup
from kerasseg.lookup import Fault
from kerasseg.lookup.options import Key
from kerasseg.recipe import document, overrides
from kerasseg.recipe.parts import VERSION, Choice, Recipe
from kerasseg.recipe.structure import structural

KINDS = {"data": "dataset", "model": "model", "augment": "augment", "loss": "loss"}
"""What `kerasseg.lookup` calls the parts of a recipe that name something."""


class RecipeError(ValueError):
    """A recipe that cannot be followed: one line per fault, with its file and key."""


def read(path: str | Path, sets: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe, and fill in the defaults.

    Keras is not imported: names and options are held against source text.

    Args:
        path: The YAML file. Relative paths in it count from its folder.
        sets: Changes such as `training.epochs=3` or `augment.0.rate=0.5`. Relative
            paths in them count from the current folder.

    Raises:
        FileNotFoundError: If there is no such file.
        RecipeError: If a key or name is unknown, or a value missing or of the wrong
            kind. All the faults are told at once, one per line.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no recipe at {path}. {_nearby(path)}")
    reading = _Reading(path, *_parse(path, sets))
    return reading.recipe()


def dumps(recipe: Recipe) -> str:
    """Return the whole recipe, defaults included, as YAML that reads back equal."""
    return document.dumps(overrides.escape(recipe.resolved()))


class _Reading:
    """One reading: what the file says, where, and what is wrong with it."""

    def __init__(
        self,
        path: Path,
        found: document.Document,
        content: Any,
        origins: Mapping[Key, str],
    ):
        self.path = path
        self.lines = found.lines
        self.origins = origins
        self.content, unset = overrides.expand(_with_text_keys(content))
        self.faults = [*found.faults, *unset]

    def recipe(self) -> Recipe:
        self._check_version()
        checked = self._check_choices() if isinstance(self.content, dict) else {}
        try:
            # The choices as they came: a wrong one has its faults noted already.
            recipe = Recipe.model_validate(self.content)
        except ValidationError as error:
            self.faults.extend(structural(error))
        if self.faults:
            raise RecipeError(self._told())
        tracking = recipe.tracking
        if tracking.experiment is None:
            tracking = tracking.model_copy(update={"experiment": self.path.stem})
        return recipe.model_copy(update={**checked, "tracking": tracking})

    def _check_version(self) -> None:
        content = self.content if isinstance(self.content, dict) else {}
        version = content.get("version", VERSION)
        if isinstance(version, int) and version > VERSION:
            message = (
                f"{version} is newer than this kerasseg reads, which is {VERSION}. "
                "Upgrade kerasseg."
            )
            self.faults = [Fault(("version",), message)]
            raise RecipeError(self._told())

    def _check_choices(self) -> dict[str, Any]:
        checked = {}
        for part, kind in KINDS.items():
            items = self.content.get(part)
            if isinstance(items, list) and part == "augment":
                checked[part] = tuple(
                    self._check_choice(kind, item, (part, index))
                    for index, item in enumerate(items)
                )
            elif part in self.content or part == "loss":
                default = Recipe.model_fields[part].default
                items = self.content.get(part, getattr(default, "name", None))
                checked[part] = self._check_choice(kind, items, (part,))
        return checked

    def _check_choice(self, kind: str, item: Any, key: Key) -> Choice | None:
        given = {"name": item} if isinstance(item, str) else item
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            return None  # The structure is wrong, and pydantic says so.
        options = {name: value for name, value in given.items() if name != "name"}
        folders = {str(name): self._folder((*key, str(name))) for name in options}
        bound, faults = lookup.check(kind, given["name"], options, folders)
        self.faults.extend(Fault((*key, *fault.key), fault.message) for fault in faults)
        return (
            Choice.model_construct(name=given["name"], **bound) if not faults else None
        )

    def _folder(self, key: Key) -> Path:
        """Return what a relative path counts from: who wrote it decides."""
        return Path.cwd() if self._origin(key) else self.path.parent

    def _origin(self, key: Key) -> str | None:
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        return None

    def _told(self) -> str:
        placed = {(*self._place(fault.key), _worded(fault)) for fault in self.faults}
        return "\n".join(f"{place}: {text}" for _, place, text in sorted(placed))

    def _place(self, key: Key) -> tuple[int, str]:
        origin = self._origin(key)
        if origin:
            return 0, origin
        line = next(
            (
                self.lines[key[:end]]
                for end in range(len(key), -1, -1)
                if key[:end] in self.lines
            ),
            1,
        )
        return line, f"{self.path}:{line}"


def _parse(
    path: Path, sets: Sequence[str]
) -> tuple[document.Document, Any, dict[Key, str]]:
    try:
        found = document.parse(path.read_text(encoding="utf-8-sig"))
        content, origins = overrides.apply(found.content, sets)
    except document.NotYamlError as error:
        raise RecipeError(f"{path}:{error.line}: not YAML: {error}.") from None
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path}: not UTF-8 text, from byte {error.start} on."
        ) from None
    except ValueError as error:
        raise RecipeError(str(error)) from None
    return found, content, origins


def _with_text_keys(content: Any, levels: int = 2) -> Any:
    """Make the keys of a recipe text; those inside an option's value are its own."""
    if isinstance(content, list):
        return [_with_text_keys(item, levels) for item in content]
    if not isinstance(content, dict) or not levels:
        return content
    return {
        str(name): _with_text_keys(item, levels - 1) for name, item in content.items()
    }


def _worded(fault: Fault) -> str:
    dotted = ".".join(map(str, fault.key))
    return f"{dotted}: {fault.message}" if dotted else fault.message


def _nearby(path: Path) -> str:
    if path.is_dir():
        return "That is a folder. Give the file."
    there = sorted(file.name for file in path.parent.glob("*.y*ml"))
    return lookup.nearest(path.name, there) if there else "Correct the path."
