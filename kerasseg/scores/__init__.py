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

from kerasseg.scores.matrix import (
    confusion_matrix,
    majority_matrix,
    with_second_guess,
    without_void,
)
from kerasseg.scores.reading import Scores, plain, scores
from kerasseg.scores.weights import WEIGHTS, class_weights, inverse_weights

__all__ = [
    "WEIGHTS",
    "Scores",
    "class_weights",
    "confusion_matrix",
    "inverse_weights",
    "majority_matrix",
    "plain",
    "scores",
    "with_second_guess",
    "without_void",
]
