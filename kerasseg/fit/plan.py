"""From a recipe to the objects that fit it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasseg import artifact, backend, encoders, lookup, pipeline
from kerasseg.fit import objective
from kerasseg.fit.optimizer import optimizer
from kerasseg.metrics import ConfusionMatrix
from kerasseg.pipeline import sampling
from kerasseg.recipe import Choice, Recipe
from kerasseg.sample import Dataset


@dataclass(frozen=True)
class Plan:
    """All that a run needs.

    Args:
        model: Compiled, from stored pixels to logits.
        saved: The same layers and weights, not compiled: what is kept.
        train: Batches to learn from.
        validate: Batches to choose the best epoch by.
        datasets: The splits: `train`, `val`, and `test` where the data has one.
        steps: Batches per epoch.
    """

    model: keras.Model
    saved: keras.Model
    train: pipeline.Batches
    validate: pipeline.Batches
    datasets: Mapping[str, Dataset]
    steps: int


def make(recipe: Recipe) -> Plan:
    """Load the data, build the model and compile it.

    Raises:
        ValueError: If parts of the recipe do not fit together or the data.
    """
    training = recipe.training
    datasets = load(recipe)
    keras.config.set_dtype_policy(training.precision)
    backend.seed(recipe.seed)
    train, validate = feeds(recipe, datasets)
    steps = steps_per_epoch(recipe, train)
    saved = model(recipe, datasets["train"])
    fitted = keras.Model(saved.input, objective.answer(saved), name=saved.name)
    legend = datasets["train"].legend
    fitted.compile(
        optimizer(training, steps),
        objective.loss(recipe, datasets["train"], saved),
        metrics=[
            ConfusionMatrix(
                legend.num_classes, legend.names, possible=legend.possible.tolist()
            )
        ],
        steps_per_execution=training.steps_per_execution,
        **backend.compile_options(),
    )
    return Plan(fitted, saved, train, validate, datasets, steps)


def load(recipe: Recipe) -> dict[str, Dataset]:
    """Load the splits of a recipe's dataset."""
    return {
        split: pipeline.dataset(recipe, split) for split in ("train", "val", "test")
    }


def feeds(recipe: Recipe, datasets: Mapping[str, Dataset]):
    """Return the batches to learn from and those to validate on."""
    augment = [
        lookup.bind(lookup.find("augment", choice.name), choice.options)
        for choice in recipe.augment
    ]
    options = recipe.pipeline.model_dump()
    size = recipe.training.batch_size
    train = pipeline.batches(
        datasets["train"],
        size,
        augment=augment,
        shuffle=True,
        seed=recipe.seed,
        weights=sampling.weights(datasets["train"], recipe.training.oversample),
        crop_sizes=recipe.training.crop_sizes,
        **options,
    )
    validate = pipeline.batches(datasets["val"], size, last="pad", **options)
    return train, validate


def steps_per_epoch(recipe: Recipe, train: pipeline.Batches) -> int:
    """Return the batches of an epoch, a multiple of `steps_per_execution`."""
    training = recipe.training
    steps = min(training.steps_per_epoch or len(train), len(train))
    steps -= steps % training.steps_per_execution
    if steps == 0:
        raise ValueError(
            f"training.batch_size {training.batch_size} × steps_per_execution "
            f"{training.steps_per_execution} needs more samples than the training "
            "split has. Lower one of them."
        )
    return steps


def model(recipe: Recipe, train: Dataset) -> keras.Model:
    """Build the recipe's model, from stored pixels to logits, with its legend."""
    build = lookup.find("model", recipe.model.name)
    bound = lookup.bind(build, recipe.model.options)
    indices = recipe.training.indices
    network = bound(len(train.bands) + len(indices), train.legend.num_classes)
    if recipe.training.norm_momentum is not None:
        _set_norm_momentum(network, recipe.training.norm_momentum)
    mean, std = normalization(recipe, train)
    legend = train.legend
    resolution = getattr(train, "resolution", None)
    return artifact.assemble(
        network, train.bands, mean, std, legend, indices, resolution=resolution
    )


def _set_norm_momentum(network: keras.Model, momentum: float) -> None:
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def normalization(recipe: Recipe, train: Dataset) -> tuple[Any, Any]:
    """Return mean and standard deviation per band, as `training.normalization` says."""
    bands = len(train.bands)
    kind = recipe.training.normalization
    if kind == "standard":
        return train.statistics()
    if kind == "minmax":
        stored = train[0]["image"].dtype
        top = np.iinfo(stored).max if stored.kind in "iu" else 1.0
        return np.zeros(bands), np.full(bands, float(top))
    if kind == "none":
        return np.zeros(bands), np.ones(bands)
    if kind == "percentiles":
        return _percentiles(train)
    encoder = encoder_name(recipe.model)
    found = encoders.input_statistics(encoder)
    if found is None or bands != 3 or train[0]["image"].dtype != np.uint8:
        # What is no photograph is made to look like one to the published weights.
        return encoders.match_statistics(encoder, *map(tuple, train.statistics()))
    return found


def _percentiles(train: Dataset) -> tuple[np.ndarray, np.ndarray]:
    found = getattr(train, "percentiles", None)
    if not found:
        raise ValueError(
            "training.normalization 'percentiles': the data has none. Prepare patches, "
            "and run `kerasseg prepare statistics` on their folder."
        )
    low, high = np.array(found["2"]), np.array(found["98"])
    return low, np.where(high > low, high - low, 1.0)


def encoder_name(choice: Choice) -> encoders.Names:
    """Return the encoder or encoders that a recipe's model uses, or its default."""
    build = lookup.find("model", choice.name)
    default = inspect.signature(build).parameters.get("encoder")
    name = choice.options.get("encoder", default and default.default)
    if not isinstance(name, str | list | tuple):
        raise ValueError(
            f"training.normalization 'encoder': {choice.name} has no encoder. Use "
            "'standard'."
        )
    return name
