"""What a run knows before its first step, and what it must still be to go on."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from kerasseg import backend, files, tracking
from kerasseg import recipe as recipes
from kerasseg.fit.plan import Plan
from kerasseg.recipe import Recipe

_DATA = "kerasseg.data_fingerprint"


def start(recipe: Recipe, parent: str | None = None) -> tracking.Run:
    """Open a new run under the names that the recipe gives."""
    return tracking.start(
        recipe.tracking.experiment or recipe.name or recipe.model.name,
        recipe.tracking.run_name,
        parent,
    )


def describe(
    recipe: Recipe,
    plan: Plan,
    opened: tracking.Run,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log all that is known of a new run before its first step."""
    keep_recipe(recipe, opened)
    opened.parameters(recipe.resolved())
    opened.tags(
        {
            _DATA: _fingerprint(plan),
            "kerasseg.device": ", ".join(backend.devices()),
            "kerasseg.git_commit": tracking.commit(Path.cwd()),
            "kerasseg.parameters": str(plan.saved.count_params()),
            **(tags or {}),
        }
        | {f"version.{name}": value for name, value in tracking.versions().items()}
    )


def keep_recipe(recipe: Recipe, opened: tracking.Run) -> None:
    """Keep the recipe that the run follows from now on."""
    text = recipes.dumps(recipe)
    files.write_whole(opened.folder / "recipe.yaml", text)
    opened.text(text, "recipe.yaml")


def check_recipe(recipe: Recipe, opened: tracking.Run) -> None:
    """Refuse to go on with another recipe, but for a larger number of epochs.

    Raises:
        ValueError: If one setting differs.
    """
    path = opened.folder / "recipe.yaml"
    begun = dict(tracking.flatten(recipes.read(path).resolved()))
    asked = dict(tracking.flatten(recipe.resolved()))
    differing = sorted(
        name
        for name in begun.keys() | asked.keys()
        if begun.get(name) != asked.get(name)
        and not name.startswith("tracking.")
        and not (name == "training.epochs" and asked[name] > begun[name])
    )
    if differing:
        name = differing[0]
        raise ValueError(
            f"the run to resume began with {name} = {begun.get(name)!r}, the recipe "
            f"says {asked.get(name)!r} ({len(differing)} such). Resume with the "
            f"recipe it began with: {path}."
        )


def check_data(plan: Plan, opened: tracking.Run) -> None:
    """Refuse to go on with other data than the run began with.

    Raises:
        ValueError: If a file was added, taken away or changed.
    """
    begun, found = opened.tag(_DATA), _fingerprint(plan)
    if begun is not None and begun != found:
        raise ValueError(
            f"the data changed since run {opened.run_id[:8]} began (fingerprint "
            f"{begun}, now {found}). Put the data back, or fit the recipe anew."
        )


def _fingerprint(plan: Plan) -> str:
    prints = "".join(data.fingerprint() for data in plan.datasets.values())
    return hashlib.sha256(prints.encode()).hexdigest()[:16]
