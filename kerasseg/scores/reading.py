"""Read every score from a confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scores:
    """What one confusion matrix says; arrays are float64 `(num_classes,)`.

    Args:
        iou: Intersection over union, the Jaccard index.
        f1: Harmonic mean of precision and recall, the Dice coefficient.
        precision: Share of the pixels given a class that are of that class.
        recall: Share of the pixels of a class that were given that class.
        accuracy: Share of all pixels that are right.
        kappa: Cohen's kappa: agreement beyond what the two class shares would give
            by chance; `NaN` where chance alone gives full agreement.
        absent: Indices of the absent classes.
    """

    iou: np.ndarray
    f1: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    accuracy: float
    kappa: float
    absent: tuple[int, ...]

    @property
    def mean_iou(self) -> float:
        return _mean(self.iou)

    @property
    def micro_iou(self) -> float:
        """Intersection over union of all classes together.

        Precision, recall and F1 of all classes together are the accuracy.
        """
        return _divide(self.accuracy, 2 - self.accuracy)

    @property
    def mean_f1(self) -> float:
        return _mean(self.f1)

    @property
    def mean_precision(self) -> float:
        return _mean(self.precision)

    @property
    def mean_recall(self) -> float:
        return _mean(self.recall)

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Return plain numbers and strings for JSON; what is undefined is `None`.

        Raises:
            ValueError: If there is not one name per class.
        """
        if len(names) != len(self.iou):
            raise ValueError(
                f"{len(names)} class names for {len(self.iou)} classes. "
                "Give one name per class."
            )
        summary = ("mean_iou", "mean_f1", "mean_precision", "mean_recall")
        return {
            **{key: plain(getattr(self, key)) for key in summary},
            "accuracy": plain(self.accuracy),
            "kappa": plain(self.kappa),
            "classes": {
                name: {
                    key: plain(getattr(self, key)[index])
                    for key in ("iou", "f1", "precision", "recall")
                }
                for index, name in enumerate(names)
            },
            "absent": [names[index] for index in self.absent],
        }


def scores(matrix: np.ndarray) -> Scores:
    """Read all scores from a confusion matrix.

    Args:
        matrix: Counts of pixels `(num_classes, num_classes)`, rows the truth.

    Raises:
        ValueError: If the matrix is not square.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"a confusion matrix of shape {matrix.shape}. "
            "Give one row and one column per class."
        )
    counts = matrix.astype(np.float64)
    right, truth, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    absent = truth + predicted == 0
    total = counts.sum()
    chance = _divide(truth @ predicted, total**2)
    accuracy = _divide(right.sum(), total)
    return Scores(
        iou=_per_class(right, truth + predicted - right, absent),
        f1=_per_class(2 * right, truth + predicted, absent),
        precision=_per_class(right, predicted, absent),
        recall=_per_class(right, truth, absent),
        accuracy=accuracy,
        kappa=_divide(accuracy - chance, 1 - chance),
        absent=tuple(np.flatnonzero(absent).tolist()),
    )


def _per_class(part: np.ndarray, whole: np.ndarray, absent: np.ndarray) -> np.ndarray:
    score = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.where(absent, np.nan, score)


def _divide(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


def plain(value: float) -> float | None:
    """Return a number for JSON: what is undefined, `NaN`, becomes `None`."""
    return None if np.isnan(value) else float(value)
