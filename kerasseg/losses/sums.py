"""A loss over pixels, which learns fast, plus one over areas, which is the score."""

from kerasseg.losses.overlap import dice, jaccard
from kerasseg.losses.pixelwise import cross_entropy, focal
from kerasseg.losses.reading import ClassWeights, NotNegative, Positive, Share


def focal_jaccard(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    gamma: NotNegative = 2.0,
    alpha: Positive = 0.25,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Add `focal` and `jaccard`.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        gamma: How fast the weight of a pixel falls as its class becomes probable.
        alpha: Factor of the focal loss.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score the areas of each image alone and average over the
            images, instead of pooling the batch.
    """
    shared = {"ignore": ignore, "class_weights": class_weights}
    pixels = focal(labels, logits, gamma=gamma, alpha=alpha, **shared)
    return pixels + jaccard(
        labels, logits, smooth=smooth, per_image=per_image, **shared
    )


def focal_dice(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    gamma: NotNegative = 2.0,
    alpha: Positive = 0.25,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Add `focal` and `dice`.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        gamma: How fast the weight of a pixel falls as its class becomes probable.
        alpha: Factor of the focal loss.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score the areas of each image alone and average over the
            images, instead of pooling the batch.
    """
    shared = {"ignore": ignore, "class_weights": class_weights}
    pixels = focal(labels, logits, gamma=gamma, alpha=alpha, **shared)
    return pixels + dice(labels, logits, smooth=smooth, per_image=per_image, **shared)


def cross_entropy_jaccard(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    label_smoothing: Share = 0.0,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Add `cross_entropy` and `jaccard`.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        label_smoothing: Share of the truth that cross entropy spreads evenly over all
            classes.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score the areas of each image alone and average over the
            images, instead of pooling the batch.
    """
    shared = {"ignore": ignore, "class_weights": class_weights}
    pixels = cross_entropy(labels, logits, label_smoothing=label_smoothing, **shared)
    return pixels + jaccard(
        labels, logits, smooth=smooth, per_image=per_image, **shared
    )


def cross_entropy_dice(
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    label_smoothing: Share = 0.0,
    smooth: Positive = 1e-5,
    per_image: bool = False,
):
    """Add `cross_entropy` and `dice`.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        label_smoothing: Share of the truth that cross entropy spreads evenly over all
            classes.
        smooth: Added to both areas, in pixels, above 0.
        per_image: Whether to score the areas of each image alone and average over the
            images, instead of pooling the batch.
    """
    shared = {"ignore": ignore, "class_weights": class_weights}
    pixels = cross_entropy(labels, logits, label_smoothing=label_smoothing, **shared)
    return pixels + dice(labels, logits, smooth=smooth, per_image=per_image, **shared)
