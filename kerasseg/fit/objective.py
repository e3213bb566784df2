"""What a fit makes small: the recipe's loss, and that of a boundary head beside it."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from kerasseg import artifact, lookup, losses
from kerasseg.recipe import Recipe
from kerasseg.sample import Dataset
from kerasseg.scores import WEIGHTS, class_weights

Loss = Callable[[Any, Any], Any]


def answer(saved: keras.Model) -> keras.KerasTensor:
    """Return what a model is fitted on: its logits, then those of its boundary head.

    One tensor `(B, H, W, C)`, or `(B, H, W, C + 2)`, so that scores keep their names.
    """
    logits = artifact.logits(saved)
    if not _has_boundary(saved):
        return logits
    boundary = ops.cast(saved.output["boundary"], logits.dtype)
    return ops.concatenate([logits, boundary], axis=-1)


def loss(recipe: Recipe, train: Dataset, saved: keras.Model) -> Loss:
    """Return the loss of what `answer` returns, named as the recipe names it."""
    classes = train.legend.num_classes
    of_classes = _bind(recipe, train)
    border, both = recipe.boundaries, _has_boundary(saved)

    def named(labels, answer):
        found = of_classes(labels, answer[..., :classes])
        if both:
            found += border.loss_weight * losses.boundary(
                labels,
                answer[..., classes:],
                gamma=border.gamma,
                connectivity=border.connectivity,
            )
        return found

    named.__name__ = recipe.loss.name
    return named


def _has_boundary(saved: keras.Model) -> bool:
    return isinstance(saved.output, dict) and "boundary" in saved.output


def _bind(recipe: Recipe, train: Dataset) -> Loss:
    """Bind the recipe's loss; weights by name come from the training labels."""
    options = dict(recipe.loss.options)
    weights = options.get("class_weights")
    if weights in WEIGHTS:
        options["class_weights"] = class_weights(train.class_counts(), weights)
    elif weights is not None and len(weights) != train.legend.num_classes:
        raise ValueError(
            f"loss.class_weights: {len(weights)} weights for "
            f"{train.legend.num_classes} classes. Give one per class, in the order "
            f"{', '.join(train.legend.names)}."
        )
    return lookup.bind(lookup.find("loss", recipe.loss.name), options)
