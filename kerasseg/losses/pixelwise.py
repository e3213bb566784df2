"""Losses that are a mean over pixels: cross entropy, and focal loss."""

from keras import ops

from kerasseg.losses.reading import (
    ClassWeights,
    NotNegative,
    Positive,
    Share,
    divide,
    read,
)


def cross_entropy(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    label_smoothing: Share = 0.0,
):
    """Compute the mean negative log-likelihood of the true classes.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        label_smoothing: Share of the truth that is spread evenly over all classes.
    """
    truth, log_probability, weights = read(labels, logits, ignore, class_weights)
    target = truth
    if label_smoothing:
        observed = ops.sum(truth, axis=-1, keepdims=True)
        even = observed / weights.size
        target = (1 - label_smoothing) * truth + label_smoothing * even
    return divide(
        -ops.sum(target * weights * log_probability), ops.sum(truth * weights)
    )


def focal(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    gamma: NotNegative = 2.0,
    alpha: Positive = 0.25,
    fixed_focus: bool = False,
):
    """Compute a cross entropy in which pixels that are nearly right count little.

    The mean runs over pixels and classes, as published: for the mean over pixels,
    choose `alpha` `C` times as large.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        gamma: How fast the weight falls as the true class becomes probable, 0 or more;
            at 0 this is cross entropy.
        alpha: Factor of the whole loss.
        fixed_focus: Whether the gradient takes the weight of a pixel as given, as that
            of utae-paps does, instead of passing through it.

    Source:
        Lin et al., "Focal Loss for Dense Object Detection", 2017,
        https://arxiv.org/abs/1708.02002
    """
    if gamma < 0:
        raise ValueError(f"focal: gamma {gamma}. Give 0 or more.")
    truth, log_probability, weights = read(labels, logits, ignore, class_weights)
    log_truth = ops.sum(truth * log_probability, axis=-1)  # (B, H, W)
    # The power has no finite gradient at 0 where gamma is below 1.
    wrong = ops.maximum(-ops.expm1(log_truth), 1e-7)
    wrong = ops.stop_gradient(wrong) if fixed_focus else wrong
    weight = ops.sum(truth * weights, axis=-1)  # (B, H, W)
    total = -ops.sum(weight * wrong**gamma * log_truth)
    return divide(alpha * total, weights.size * ops.sum(weight))


def recall_cross_entropy(
    labels, logits, *, ignore: int = 255, class_weights: ClassWeights = None
):
    """Compute a cross entropy in which classes that are mostly missed count most.

    Each pixel is weighed by the share of its class that this batch gets wrong, of
    which one pixel at least. So rare classes are learnt without being overrated: once
    found, they weigh little.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.

    Source:
        Tian et al., "Striking the Right Balance: Recall Loss for Semantic
        Segmentation", 2022, https://arxiv.org/abs/2106.14917. The published code
        counts ignored pixels as another class, and divides by them too.
    """
    truth, log_probability, weights = read(labels, logits, ignore, class_weights)
    log_truth = ops.sum(truth * log_probability, axis=-1)  # (B, H, W)
    chosen = ops.one_hot(ops.argmax(log_probability, axis=-1), weights.size)
    found = ops.cast(chosen, truth.dtype) * truth
    number = ops.sum(truth, axis=(0, 1, 2))  # (C,)
    missed = number - ops.sum(found, axis=(0, 1, 2))
    share = ops.maximum(missed, 1.0) / ops.maximum(number, 1.0)
    weight = ops.sum(truth * (weights * share), axis=-1)  # (B, H, W)
    return divide(-ops.sum(weight * log_truth), ops.sum(truth * weights))
