"""The optimizer of a recipe, with its learning-rate schedule."""

import keras

from kerasseg.recipe import Training

_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
}


def optimizer(training: Training, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Make the optimizer that a recipe's `training` part describes.

    Args:
        training: The checked part of the recipe.
        steps_per_epoch: Batches per epoch, before accumulation.
    """
    updates = max(1, steps_per_epoch // training.accumulate)
    options = {
        "learning_rate": learning_rate(training, updates),
        "global_clipnorm": training.clip_norm,
        "use_ema": training.ema is not None,
        "gradient_accumulation_steps": training.accumulate
        if training.accumulate > 1
        else None,
    }
    if training.ema is not None:
        options["ema_momentum"] = training.ema
    if training.weight_decay is not None:
        options["weight_decay"] = training.weight_decay
    if training.optimizer == "sgd":
        options["momentum"] = training.momentum
    else:
        options["epsilon"] = training.epsilon
    return _OPTIMIZERS[training.optimizer](**options)


def learning_rate(training: Training, updates_per_epoch: int):
    """Return a number, or a schedule over the updates of the weights.

    `cosine` rises in a line from zero during the warm-up, then
    falls along half a cosine to `final_fraction` of it. `plateau` starts as a
    constant and is lowered by a callback.
    """
    schedule = training.schedule
    if schedule.name != "cosine":
        return training.learning_rate
    warmup = schedule.warmup_epochs * updates_per_epoch
    total = training.epochs * updates_per_epoch
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else training.learning_rate,
        decay_steps=max(1, total - warmup),
        alpha=schedule.final_fraction,
        warmup_target=training.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
