"""Count pixels by truth and prediction, and change what is counted."""

from collections.abc import Sequence

import numpy as np

from kerasseg.legend import IGNORE


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
