"""What an evaluation counts, from which all its scores are read."""

from dataclasses import dataclass

import numpy as np

from kerasseg import boundaries
from kerasseg.evaluate.mapping import Mapped
from kerasseg.scores import confusion_matrix, with_second_guess


@dataclass(frozen=True)
class Counts:
    """Counts of pixels, pooled over samples; rows of matrices `(C, C)` are the truth.

    Args:
        matrix: Truth and map.
        free: The same, where the model may also choose a class that no label can hold,
            such as the void of PASTIS.
        top2: The same, where a right second guess counts as right.
        edges: What `boundaries.iou` needs, `(C, 2)`.
    """

    matrix: np.ndarray
    free: np.ndarray
    top2: np.ndarray
    edges: np.ndarray

    @classmethod
    def zero(cls, num_classes: int) -> "Counts":
        matrices = (np.zeros((num_classes, num_classes), np.int64) for _ in range(3))
        return cls(*matrices, np.zeros((num_classes, 2), np.int64))

    def add(self, matrix: np.ndarray, label: np.ndarray, found: Mapped) -> None:
        """Count one sample.

        Args:
            matrix: Its confusion matrix.
            label: The truth, as far as it is scored.
            found: The sample and its map.
        """
        classes = len(self.matrix)
        both = with_second_guess(label, found.first, found.second)
        self.matrix[...] += matrix
        self.free[...] += confusion_matrix(label, found.free, classes)
        self.top2[...] += confusion_matrix(label, both, classes)
        self.edges[...] += boundaries.overlap(label, found.first, classes)
