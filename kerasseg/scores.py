"""Scores of a map, all read from one confusion matrix.

The matrix is pooled over every pixel of a split before anything is divided, so no score
depends on how the pixels were cut into patches or batches. Rows are the truth, columns
the prediction.

A class is *absent* when it occurs neither in the truth nor in the prediction: it was
neither there to be found nor claimed, so its scores are `NaN` and no mean counts it.
A class that occurs in one of the two only scores 0 everywhere, its precision (if it was
never predicted) and its recall (if it was never there) included: otherwise a model
could raise a mean by never predicting a hard class, and the four means would run over
different classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasseg.legend import IGNORE


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


def confusion_matrix(
    labels: np.ndarray,
    predictions: np.ndarray,
    num_classes: int,
    ignore: int = IGNORE,
) -> np.ndarray:
    """Count pixels by truth and prediction, int64 `(num_classes, num_classes)`.

    A pixel that is `ignore`, or no class at all, in either array is counted nowhere.

    Args:
        labels: Class indices of the truth, of any shape.
        predictions: Class indices of the map, of the same shape.
        num_classes: Number of classes.
        ignore: Index that is not scored.

    Raises:
        ValueError: If the shapes differ.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(
            f"labels {labels.shape} and predictions {predictions.shape} differ in "
            "shape. Give one prediction per label."
        )
    counted = np.ones(labels.shape, bool)
    for indices in (labels, predictions):
        counted &= (indices >= 0) & (indices < num_classes) & (indices != ignore)
    codes = labels[counted].astype(np.int64) * num_classes + predictions[counted]
    counts = np.bincount(codes.astype(np.int64), minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def with_second_guess(
    labels: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Return a map in which a right second guess has replaced the first.

    Its scores are those of two guesses: how often the truth is one of the two likeliest
    classes.

    Args:
        labels: Class indices of the truth, of any shape.
        first: The likeliest class of each pixel.
        second: The likeliest class but one.
    """
    return np.where(second == labels, second, first)


def without_void(matrix: np.ndarray, void: Sequence[int] | np.ndarray) -> np.ndarray:
    """Leave void out of truth and prediction, as the benchmark of PASTIS does.

    A labelled pixel that the map calls void is then not wrong but not counted. The
    other protocol, void masked, does not let the map choose void.

    Args:
        matrix: A confusion matrix in which void is a class.
        void: The indices of the classes that no label has, or truth values that are
            true there.

    Source:
        Garnot and Landrieu, https://github.com/VSainteuf/utae-paps
    """
    matrix, void = np.array(matrix), np.asarray(void)
    matrix[void] = 0
    matrix[:, void] = 0
    return matrix


def majority_matrix(matrix: np.ndarray, majority: int | None = None) -> np.ndarray:
    """Return the confusion matrix of a map that is one class everywhere.

    It is the score that any model has to beat.

    Args:
        matrix: A confusion matrix; only its truth, the sums of its rows, is used.
        majority: The class of that map. By default the most frequent class of the
            truth in `matrix`, the best constant map in hindsight. Give the most
            frequent class of the training split to use only what a model could know.
    """
    truth = np.asarray(matrix).sum(axis=1)
    constant = np.zeros_like(matrix)
    constant[:, truth.argmax() if majority is None else majority] = truth
    return constant


def inverse_weights(counts: Sequence[int] | np.ndarray) -> tuple[float, ...]:
    """Weigh classes by the inverse of their number of samples.

    The weights of the classes that occur have mean 1, so that a loss keeps its scale;
    a class without samples weighs 0.

    Args:
        counts: Number of labelled pixels per class.

    Raises:
        ValueError: If a count is negative, or all are 0.
    """
    counts = np.asarray(counts, np.float64)
    if counts.ndim != 1 or np.any(counts < 0) or not np.any(counts > 0):
        raise ValueError(
            f"class counts {counts.tolist()}. Give one number per class, none "
            "negative and at least one above 0."
        )
    inverse = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    return tuple((inverse / inverse[counts > 0].mean()).tolist())


def class_weights(
    counts: Sequence[int] | np.ndarray, kind: str = "inverse"
) -> tuple[float, ...]:
    """Weigh classes by their number of samples, in one of several ways.

    The weights of the classes that occur have mean 1, so that a loss keeps its scale;
    a class without samples weighs 0.

    Args:
        counts: Number of labelled pixels per class.
        kind: `"inverse"`: one over the number (INS). `"inverse_root"`: one over its
            root, which spares rare classes that are hard to tell. `"inverse_log"`: one
            over `log(1.02 + share)`. `"effective"`: one over the effective number of
            samples, which saturates at a hundredth of all pixels: commoner classes
            weigh alike, rarer ones by their number.

    Raises:
        ValueError: If the kind is unknown, a count is negative, or all are 0.

    Source:
        `inverse_log`: Paszke et al., "ENet", 2016, https://arxiv.org/abs/1606.02147.
        `effective`: Cui et al., "Class-Balanced Loss Based on Effective Number of
        Samples", 2019, https://arxiv.org/abs/1901.05555.
    """
    inverse = inverse_weights(counts)
    if kind == "inverse":
        return inverse
    counts = np.asarray(counts, np.float64)
    present, share = counts > 0, counts / counts.sum()
    scale = counts.sum() / 100
    kinds = {
        "inverse_root": lambda: 1 / np.sqrt(counts[present]),
        "inverse_log": lambda: 1 / np.log(1.02 + share[present]),
        "effective": lambda: 1 / -np.expm1(-counts[present] / scale),
    }
    if kind not in kinds:
        raise ValueError(f"class weights {kind!r}. Choose from: {', '.join(WEIGHTS)}.")
    weights = np.zeros_like(counts)
    weights[present] = kinds[kind]()
    return tuple((weights / weights[present].mean()).tolist())


WEIGHTS = ("inverse", "inverse_root", "inverse_log", "effective")
"""The kinds of `class_weights`."""


def _per_class(part: np.ndarray, whole: np.ndarray, absent: np.ndarray) -> np.ndarray:
    score = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.where(absent, np.nan, score)


def _divide(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


def plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
