"""Losses that look at the classes around a pixel: smoothed labels, and boundaries."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval
from keras import ops

from kerasseg.losses.pixelwise import focal
from kerasseg.losses.reading import ClassWeights, NotNegative, Share, divide, read

_SIDES = ((0, 1), (1, 0), (1, 2), (2, 1))
_CORNERS = ((0, 0), (0, 2), (2, 0), (2, 2))


def neighbour_cross_entropy(  # noqa: PLR0913  (each is a key of a recipe)
    labels,
    logits,
    *,
    ignore: int = 255,
    class_weights: ClassWeights = None,
    label_smoothing: Share = 0.1,
    connectivity: Literal[4, 8] = 4,
    background: Annotated[int, Interval(ge=0, le=254)] = 0,
    background_share: Annotated[float, Interval(gt=0, le=1)] = 0.6,
    background_classes: Sequence[float] | None = None,
):
    """Compute a cross entropy whose truth is shared where classes meet.

    Where a field ends is uncertain by a pixel. So a pixel's truth is spread evenly over
    the `n` classes around it, its own included, and `label_smoothing / C` goes to each
    other class. The background may hold any class: what it holds can be told.

    Args:
        labels: Class indices `(B, H, W)`.
        logits: Scores before the softmax `(B, H, W, C)`.
        ignore: Label that takes no part.
        class_weights: One weight per class; `None` weighs all alike.
        label_smoothing: `C` times what each class gets that is not around.
        connectivity: 4: what is around shares a side with the pixel. 8: or a corner.
        background: The class that `background_classes` tells of.
        background_share: Share of the truth of a background pixel that stays there.
        background_classes: How the rest is shared among the other classes, in their
            order, in any unit; `None` treats the background as any other class.

    Raises:
        ValueError: If `background_classes` are not one number for each other class.

    Source:
        Crop2Seg, https://github.com/Many98/Crop2Seg. There the mean over pixels is not
        weighted, and unlabelled pixels are a class that others can be next to.
    """
    truth, log_probability, weights = read(labels, logits, ignore, class_weights)
    observed = ops.sum(truth, axis=-1, keepdims=True)
    around = _around(truth, connectivity)
    number = ops.sum(around, axis=-1, keepdims=True)  # (B, H, W, 1)
    little = label_smoothing / weights.size
    much = divide(1 - little * (weights.size - number), number)
    target = ops.where(around > 0, much, little)
    if background_classes is not None:
        shares = _background(
            background_classes, background, background_share, weights.size
        )
        here = truth[..., background : background + 1] > 0
        target = ops.where(here, shares.astype(weights.dtype), target)
    return divide(
        -ops.sum(target * observed * weights * log_probability),
        ops.sum(truth * weights),
    )


def boundary(
    labels,
    answer,
    *,
    ignore: int = 255,
    gamma: NotNegative = 2.0,
    connectivity: Literal[4, 8] = 4,
):
    """Compute the focal loss of telling pixels at a boundary from those inside.

    Which those are is read from the labels, as `kerasseg.boundaries` does.

    Args:
        labels: Class indices `(B, H, W)`.
        answer: Scores before the softmax of a boundary head, `(B, H, W, 2)`: inside,
            boundary.
        ignore: Label that takes no part.
        gamma: How fast the weight of a pixel falls as its truth becomes probable.
        connectivity: 4: neighbours share a side. 8: or a corner.

    Source:
        Crop2Seg, https://github.com/Many98/Crop2Seg, which adds it to cross entropy.
    """
    labels = ops.cast(labels, "int32")
    known = (labels >= 0) & (labels != 255) & (labels != ignore)
    # Shifted by one, so that 0 is what no pixel is.
    classes = ops.where(known, labels + 1, 0)
    edge = ops.zeros_like(known)
    for neighbour in _shifted(classes, connectivity):
        edge = edge | ((neighbour > 0) & (neighbour != classes))
    target = ops.where(known, ops.cast(edge, "int32"), 255)
    # The mean over pixels, not over pixels and the two answers.
    return focal(target, answer, gamma=gamma, alpha=2.0)


def _around(truth, connectivity):
    """Say which classes are at a pixel or next to it, 0 or 1 `(B, H, W, C)`."""
    around = truth
    for neighbour in _shifted(truth, connectivity):
        around = ops.maximum(around, neighbour)
    return around


def _shifted(maps, connectivity):
    """Return what each pixel's neighbours hold, 0 beyond the border."""
    height, width = ops.shape(maps)[1:3]
    rest = [[0, 0]] * (len(maps.shape) - 3)
    padded = ops.pad(maps, [[0, 0], [1, 1], [1, 1], *rest])
    steps = _SIDES + _CORNERS * (connectivity == 8)
    return [
        padded[:, down : down + height, right : right + width] for down, right in steps
    ]


def _background(shares, background, share, num_classes) -> np.ndarray:
    """Return the truth of a background pixel, float64 `(C,)`."""
    given = np.array(shares, np.float64)
    if given.shape != (num_classes - 1,) or np.any(given < 0) or not given.any():
        raise ValueError(
            f"background_classes {given.tolist()} for {num_classes} classes. Give one "
            "number for each class but the background, none negative."
        )
    if background >= num_classes:
        raise ValueError(
            f"background {background} of {num_classes} classes. Give an index below."
        )
    return np.insert((1 - share) * given / given.sum(), background, share)
