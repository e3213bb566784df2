"""A look at what a recipe would do, without fitting."""

from typing import Any

import numpy as np

from kerasseg import estimate
from kerasseg.fit.plan import Plan, make
from kerasseg.legend import IGNORE
from kerasseg.recipe import Recipe
from kerasseg.sample import Dataset

_LOOKED_AT = 200  # samples, at most, to see how long the series are


def dry_run(recipe: Recipe) -> dict[str, Any]:
    """Do all of a fit but the fitting, and say what it would cost.

    Returns:
        Counts of samples and labelled pixels, parameters, estimated memory and the
        number of programs that the backend will compile.
    """
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
    }


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
