"""A look at what a recipe would do, without fitting."""

from typing import Any

import numpy as np

from kerasseg import estimate
from kerasseg.fit.plan import Plan, make
from kerasseg.legend import IGNORE
from kerasseg.recipe import Recipe
from kerasseg.sample import Dataset
from kerasseg.weights import offline

_LOOKED_AT = 200  # samples, at most, to see how long the series are


def dry_run(recipe: Recipe) -> dict[str, Any]:
    """Do all of a fit but the fitting, and say what it would cost.

    Nothing is fetched: instead of published weights that are not on this machine, the
    model has random ones.

    Returns:
        Counts of samples and labelled pixels, parameters, estimated memory, the number
        of programs that the backend will compile, and what a fit would fetch.

    Raises:
        ValueError: If parts of the recipe do not fit together or the data, or its model
            is not known before it is fetched.
        LookupError: If it asks for weights that are not published.
    """
    recipe, fetched = _without_fetching(recipe)
    plan = make(recipe)
    legend = plan.datasets["train"].legend
    counts = plan.datasets["train"].class_counts().tolist()
    inputs, _ = next(batches := plan.train.epoch(0))
    batches.close()
    size, *image = inputs["image"].shape
    kind = inputs["image"].dtype
    shapes = {name: values.shape for name, values in inputs.items()}
    return {
        "samples": {name: len(data) for name, data in plan.datasets.items()},
        "labelled pixels per class": dict(zip(legend.names, counts, strict=True)),
        "ignored label": IGNORE,
        "batch": f"{size} × {' × '.join(map(str, image))} {kind}",
        "steps per epoch": plan.steps,
        "parameters": plan.saved.count_params(),
        "trainable parameters": estimate.trainable(plan.saved),
        "estimated training memory (GB)": round(
            estimate.training_bytes(plan.saved, shapes) / 1e9, 2
        ),
        "compiled programs": _programs(plan, tuple(image), recipe),
        **({"to be fetched": fetched} if fetched else {}),
    }


def _without_fetching(recipe: Recipe) -> tuple[Recipe, dict[str, str]]:
    """Return a recipe that needs no network, and the addresses it leaves out.

    A model from outside has its own ways to weights: it is built as it is.
    """
    choice = recipe.model
    encoder = choice.options.get("encoder")
    if "." in choice.name or not encoder:
        return recipe, {}
    source, absent = offline.without_fetching(choice.options.get("weights"), encoder)
    if not absent:
        return recipe, {}
    here = choice.model_copy(update={"weights": source})
    return recipe.model_copy(update={"model": here}), absent


def _programs(plan: Plan, image: tuple[int, ...], recipe: Recipe) -> int:
    """Count the shapes of batches to fit and to validate on; of few samples, all."""
    sizes = set(recipe.training.crop_sizes)
    if sizes and len(image) == 3:
        return len(sizes) + 1
    if len(image) == 3:
        return 1 + len({image, plan.datasets["val"][0]["image"].shape})
    step = recipe.pipeline.length_step
    return sum(len(_lengths(plan.datasets[part], step)) for part in ("train", "val"))


def _lengths(dataset: Dataset, step: int) -> set[int]:
    number = min(len(dataset), _LOOKED_AT)
    chosen = np.linspace(0, len(dataset) - 1, number).round().astype(int)
    return {-(-len(dataset[int(index)]["days"]) // step) for index in chosen}
