"""Places worth a look: where a map is at its best, and where at its worst."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasseg.scores import confusion_matrix, scores


@dataclass(frozen=True)
class Example:
    """One place, to be shown.

    Args:
        name: The id of the sample.
        image: uint8 `(H, W, 3)`, as `pictures.rgb` returns it.
        label: Class indices, uint8 `(H, W)`.
        prediction: Class indices, uint8 `(H, W)`.
        mean_iou: Mean IoU over the classes that occur here.
        accuracy: Share of the labelled pixels that are right.
    """

    name: str
    image: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    mean_iou: float
    accuracy: float


@dataclass(frozen=True)
class Patch:
    """The scores of one sample, without its pixels.

    Args:
        name: The id of the sample.
        mean_iou: Mean IoU over the classes that occur in truth or prediction.
        accuracy: Share of the labelled pixels that are right.
        true_classes: Number of classes in the truth.
        labelled: Share of the pixels that are labelled.
    """

    name: str
    mean_iou: float
    accuracy: float
    true_classes: int
    labelled: float


def patch(
    name: str, label: np.ndarray, prediction: np.ndarray, num_classes: int
) -> tuple[Patch, np.ndarray]:
    """Score one sample; returns its scores and its confusion matrix."""
    matrix = confusion_matrix(label, prediction, num_classes)
    result = scores(matrix)
    found = Patch(
        name=name,
        mean_iou=result.mean_iou,
        accuracy=result.accuracy,
        true_classes=int(np.count_nonzero(matrix.sum(axis=1))),
        labelled=float(matrix.sum() / label.size),
    )
    return found, matrix


def best_and_worst(
    patches: Sequence[Patch], number: int
) -> tuple[list[int], list[int]]:
    """Choose the positions of the best and the worst samples by mean IoU.

    A sample that is hardly labelled tells nothing, and one of a single class is easy:
    at least a twentieth must be labelled, and the best are chosen among those of two
    classes or more. Where there are too few such, others fill up. No sample is in
    both lists.

    Args:
        patches: Scores of all samples.
        number: How many of each.
    """
    scored = [i for i, found in enumerate(patches) if not np.isnan(found.mean_iou)]
    number = min(number, (len(scored) + 1) // 2)

    def unlabelled(index: int) -> bool:
        return patches[index].labelled < 0.05

    def easy(index: int) -> bool:
        return unlabelled(index) or patches[index].true_classes < 2

    best = sorted(scored, key=lambda i: (easy(i), -patches[i].mean_iou))[:number]
    rest = [index for index in scored if index not in best]
    worst = sorted(rest, key=lambda i: (unlabelled(i), patches[i].mean_iou))[:number]
    return best, worst
