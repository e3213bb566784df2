"""What every loss reads first: the truth, the prediction and the class weights."""

from collections.abc import Sequence
from typing import Annotated

import keras
import numpy as np
from annotated_types import Ge, Gt, Interval
from keras import ops

ClassWeights = Sequence[float] | None
NotNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Interval(ge=0, lt=1)]


def read(labels, logits, ignore: int, class_weights: ClassWeights):
    """Return truth and log-probability `(B, H, W, C)` and weights, NumPy `(C,)`.

    The truth is one-hot, and zero throughout where a pixel takes no part.

    Raises:
        ValueError: If there is not one weight per class, or none is above 0.
    """
    num_classes = logits.shape[-1]
    dtype = keras.backend.result_type(logits.dtype, "float32")
    logits = ops.cast(logits, dtype)
    labels = ops.cast(labels, "int32")
    observed = (labels >= 0) & (labels < num_classes) & (labels != ignore)
    # Here the gradient of an ignored pixel ends, and a NaN in its logits too.
    logits = ops.where(observed[..., None], logits, ops.zeros_like(logits))
    classes = ops.where(observed, labels, -1)
    truth = ops.one_hot(classes, num_classes, dtype=dtype)
    weights = _weights(class_weights, num_classes, ignore).astype(dtype)
    return truth, ops.log_softmax(logits, axis=-1), weights


def _weights(class_weights, num_classes, ignore):
    weights = np.ones(num_classes) if class_weights is None else class_weights
    weights = np.array(weights, np.float64)
    if weights.shape != (num_classes,) or not np.all(weights >= 0):
        raise ValueError(
            f"class_weights {np.asarray(class_weights).tolist()} for {num_classes} "
            "classes. Give one number per class, none negative."
        )
    if 0 <= ignore < num_classes:
        weights[ignore] = 0
    if not weights.any():
        raise ValueError("class_weights are 0 for every class. Give one above 0.")
    return weights


def divide(total, weight):
    """Divide, where nothing weighs anything giving 0."""
    return total / ops.where(weight > 0, weight, ops.ones_like(weight))
