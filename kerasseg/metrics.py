"""The scores of training and validation, counted on the device.

`ConfusionMatrix` only counts; what is divided by what, and what becomes of an absent
class, is told in `kerasseg.scores`, which reads the same matrix afterwards.
"""

from collections.abc import Sequence
from typing import Literal

import keras
import numpy as np
from keras import ops

__all__ = ["ConfusionMatrix", "second_guess"]

_WORD = 2**30
"""Counts are kept in two int32: how many times `_WORD`, and the rest below it."""


@keras.saving.register_keras_serializable(package="kerasseg")
class ConfusionMatrix(keras.metrics.Metric):
    """Counts pixels by truth and prediction, and reads the scores from the counts.

    The counts are exact up to 2^61 pixels; float32 would stand still at 2^24. One batch
    may hold up to 2^30. A pixel labelled `ignore`, or with an index that is no class,
    is not counted; if `ignore` is the index of a class, that class is not a choice of
    the prediction either. Channels beyond the classes are those of another head, and
    are not read.

    Pixels are added up by a scatter: of the ways tried on a CPU under XLA (one-hot
    product, comparison, sorting) it is the fastest, 3 ms for 16 x 256 x 256 pixels of 5
    classes, the choice of the class included.

    Args:
        num_classes: Number of classes.
        class_names: One name per class, for the keys of `result`; the indices
            themselves if `None`.
        ignore: Label that is not scored.
        possible: Which classes the prediction may choose, one truth value per class:
            `Legend.possible` leaves out the void of PASTIS. All of them if `None`.
        guesses: With 2, the second guess counts too: a pixel whose truth is among the
            two likeliest classes is right. The keys of `result` then begin with
            `top2_`.
        name: Name of the metric; it does not occur in the keys.

    Raises:
        ValueError: If there is not one name, different from the others, per class, or
            not one truth value in `possible`.

    Source:
        Crop2Seg, https://github.com/Many98/Crop2Seg, for the scores of two guesses.
    """

    def __init__(
        self,
        num_classes: int,
        class_names: Sequence[str] | None = None,
        ignore: int = 255,
        possible: Sequence[bool] | None = None,
        guesses: Literal[1, 2] = 1,
        name: str = "scores",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.class_names = tuple(class_names or map(str, range(num_classes)))
        self.ignore = ignore
        self.possible = [True] * num_classes if possible is None else list(possible)
        self.guesses = guesses
        if len(self.possible) != num_classes or not any(self.possible):
            raise ValueError(
                f"{name}: possible {self.possible} for {num_classes} classes. Give one "
                "truth value per class, at least one of them true."
            )
        if len(set(self.class_names)) != num_classes:
            raise ValueError(
                f"{name}: class_names {list(self.class_names)} for {num_classes} "
                "classes. Give each class one name of its own."
            )
        shape = (num_classes, num_classes)
        self.words = self.add_variable(shape, "zeros", dtype="int32", name="words")
        self.rest = self.add_variable(shape, "zeros", dtype="int32", name="rest")

    def update_state(self, labels, logits, sample_weight=None):
        """Count a batch.

        Args:
            labels: Class indices `(B, H, W)`, in any number type.
            logits: Scores of the classes `(B, H, W, C)`, and after them whatever else.
            sample_weight: Must be `None`: pixels are counted, not weighed.
        """
        if sample_weight is not None:
            raise ValueError(
                f"{self.name}: pixels are counted and cannot be weighed. "
                "Pass it under `metrics`, not `weighted_metrics`."
            )
        rest = self.rest + self._count(labels, logits)
        self.words.assign(self.words + rest // _WORD)
        self.rest.assign(rest % _WORD)

    def _count(self, labels, logits):
        """Count pixels by truth and prediction, int32 `(C, C)`."""
        classes = self.num_classes
        chosen = np.array(self.possible, bool)
        chosen[np.arange(classes) == self.ignore] = False
        logits = logits[..., :classes]
        if not chosen.all():
            logits = ops.where(chosen, logits, -np.inf)
        labels = ops.cast(labels, "int32")
        predictions = ops.cast(ops.argmax(logits, axis=-1), "int32")
        if self.guesses == 2:
            second = second_guess(logits, predictions)
            predictions = ops.where(second == labels, second, predictions)
        counted = (labels >= 0) & (labels < classes) & (labels != self.ignore)
        # What is not counted goes to a cell of its own, cut off at the end.
        cells = ops.where(counted, labels * classes + predictions, classes**2)
        cells = ops.reshape(cells, (-1,))  # (B * H * W,)
        counts = ops.segment_sum(ops.ones_like(cells), cells, classes**2 + 1)
        return ops.reshape(counts[:-1], (classes, classes))

    def matrix(self) -> np.ndarray:
        """Return the counts, int64 `(num_classes, num_classes)`, rows the truth."""
        words = ops.convert_to_numpy(self.words).astype(np.int64)
        return words * _WORD + ops.convert_to_numpy(self.rest)

    def result(self):
        """Return the scores by name, float32; `NaN` where they are undefined."""
        counts = ops.cast(self.words, "float32") * _WORD + ops.cast(
            self.rest, "float32"
        )
        total = ops.sum(counts)
        counts = counts / ops.maximum(total, 1.0)
        right, truth = ops.diagonal(counts), ops.sum(counts, axis=1)
        predicted = ops.sum(counts, axis=0)
        present = truth + predicted > 0
        accuracy = ops.sum(right)
        chance = ops.sum(truth * predicted)
        iou = _divide(right, truth + predicted - right)
        result = {
            "mean_iou": _mean(iou, present),
            "mean_f1": _mean(_divide(2 * right, truth + predicted), present),
            "mean_precision": _mean(_divide(right, predicted), present),
            "mean_recall": _mean(_divide(right, truth), present),
            "accuracy": _defined(accuracy, total > 0),
            "kappa": _defined(
                _divide(accuracy - chance, 1 - chance), (total > 0) & (chance < 1)
            ),
            **{
                f"iou/{name}": _defined(iou[index], present[index])
                for index, name in enumerate(self.class_names)
            },
        }
        prefix = "top2_" if self.guesses == 2 else ""
        return {prefix + key: value for key, value in result.items()}

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "class_names": list(self.class_names),
            "ignore": self.ignore,
            "possible": [bool(each) for each in self.possible],
            "guesses": self.guesses,
        }


def second_guess(logits, first):
    """Return the likeliest class but one, int32 `(B, H, W)`.

    Where no other class is left to choose (all have -inf), it is any.

    Args:
        logits: Scores of the classes `(B, H, W, C)`.
        first: The likeliest class, int32 `(B, H, W)`.
    """
    taken = ops.equal(first[..., None], np.arange(logits.shape[-1]))
    return ops.cast(ops.argmax(ops.where(taken, -np.inf, logits), axis=-1), "int32")


def _divide(part, whole):
    """Divide, where the whole is 0 giving 0."""
    return part / ops.where(whole > 0, whole, ops.ones_like(whole))


def _defined(value, defined):
    return ops.where(defined, value, float("nan"))


def _mean(values, present):
    """Average over the classes that are present; absent ones are 0 in `values`."""
    number = ops.sum(ops.cast(present, values.dtype))
    return _defined(_divide(ops.sum(values), number), number > 0)
