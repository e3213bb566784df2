"""Losses that compare areas: the soft Jaccard index and the soft Dice coefficient."""

from keras import ops

from kerasseg.losses.reading import ClassWeights, Positive, divide, read


def jaccard(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Compute 1 minus the soft intersection over union, averaged over the classes.

    A class that is neither in the truth nor probable anywhere has loss 0.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score each image alone and average over those that have
            labelled pixels, instead of pooling the batch.
    """
    overlap, area, weights = _areas(
        labels, logits, ignore, class_weights, smooth, per_image
    )
    score = (overlap + smooth) / (sum(area) - overlap + smooth)
    return _mean_loss(score, area[0], weights)


def dice(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    beta: Positive = 1.0,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Compute 1 minus the soft Dice coefficient (F score), averaged over the classes.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        beta: How many times recall counts as much as precision.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score each image alone and average over those that have
            labelled pixels, instead of pooling the batch.
    """
    overlap, (truth, predicted), weights = _areas(
        labels, logits, ignore, class_weights, smooth, per_image
    )
    both = (1 + beta**2) * overlap
    score = (both + smooth) / (beta**2 * truth + predicted + smooth)
    return _mean_loss(score, truth, weights)


def _areas(labels, logits, ignore, class_weights, smooth, per_image):
    """Return overlap, (true area, predicted area) and weights.

    Areas are in pixels, per class `(C,)`, or per image and class `(B, C)`.
    """
    if smooth <= 0:
        raise ValueError(
            f"smooth {smooth}. Give a number above 0; an absent class has no area."
        )
    truth, log_probability, weights = read(labels, logits, ignore, class_weights)
    observed = ops.sum(truth, axis=-1, keepdims=True)
    probability = ops.exp(log_probability) * observed
    axes = (1, 2) if per_image else (0, 1, 2)
    overlap = ops.sum(truth * probability, axis=axes)
    area = ops.sum(truth, axis=axes), ops.sum(probability, axis=axes)
    return overlap, area, weights


def _mean_loss(score, true_area, weights):
    """Average `1 - score` over the classes, then over images with any truth."""
    loss = ops.sum((1 - score) * (weights / weights.sum()), axis=-1)
    labelled = ops.cast(ops.sum(true_area, axis=-1) > 0, loss.dtype)
    return divide(ops.sum(loss * labelled), ops.sum(labelled))
