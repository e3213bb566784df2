"""Map the samples of a dataset, one after the other."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import ops

from kerasseg import pipeline
from kerasseg.legend import IGNORE
from kerasseg.sample import Dataset, Sample


def classifier(model: keras.Model) -> keras.Model:
    """Let the device choose the class: logits are many times the size."""
    chosen = ops.argmax(model.output, axis=-1)
    broken = ops.any(ops.isnan(model.output), axis=-1)
    chosen = ops.cast(ops.where(broken, IGNORE, chosen), "uint8")  # (B, H, W)
    return keras.Model(model.input, chosen, name="classifier")


def mapped(
    classify: keras.Model, dataset: Dataset, batch_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield image, label and prediction of each sample, in order.

    All batches have one shape, so one program is compiled; what fills the last one up
    is left out here.
    """
    batches = pipeline.batches(dataset, batch_size, last="pad")
    left = len(dataset)
    for inputs, labels in batches.epoch(0):
        predictions = np.asarray(classify.predict_on_batch(inputs))
        real = slice(0, left)
        if np.any(predictions[real] == IGNORE):
            raise ValueError(
                "the model answers NaN, so its weights are broken or its input is not "
                "finite. Fit it again with a lower learning_rate, or mend the images."
            )
        yield from zip(
            inputs["image"][real], labels[real], predictions[real], strict=True
        )
        left -= len(labels)


class Selection:
    """Some samples of a dataset, in a given order, as far as batches need them."""

    def __init__(self, dataset: Dataset, chosen: Sequence[int]):
        self._dataset, self._chosen = dataset, chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> Sample:
        return self._dataset[self._chosen[index]]
