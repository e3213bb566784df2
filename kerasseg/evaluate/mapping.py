"""Map the samples of a dataset, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from kerasseg import artifact, pipeline
from kerasseg.legend import IGNORE
from kerasseg.metrics import second_guess
from kerasseg.sample import ABSENT, Dataset, Sample


def classifier(model: keras.Model) -> keras.Model:
    """Let the device choose the class: logits are many times the size.

    Returns:
        A model to maps, uint8 `(B, H, W)`: `first`, the likeliest of the classes that
        are possible, `second`, the likeliest but one, and `free`, the likeliest of all
        that the model has answers for.
    """
    logits = artifact.logits(model)
    broken = ops.any(ops.isnan(logits), axis=-1)
    possible = artifact.legend(model).possible
    allowed = ops.where(possible, logits, -np.inf)
    first = ops.cast(ops.argmax(allowed, axis=-1), "int32")
    answers = {
        "first": first,
        "second": second_guess(allowed, first),
        "free": ops.where(broken, IGNORE, ops.argmax(logits, axis=-1)),
    }
    answers = {name: ops.cast(each, "uint8") for name, each in answers.items()}
    return keras.Model(model.input, answers, name="classifier")


@dataclass(frozen=True)
class Mapped:
    """One sample and its map; see `classifier`. All are uint8 `(H, W)` but the image.

    Args:
        image: A still, `(H, W, C)`.
        label: The truth.
        first: The map.
        second: The second guess of each pixel.
        free: The map without regard to which classes are possible.
    """

    image: np.ndarray
    label: np.ndarray
    first: np.ndarray
    second: np.ndarray
    free: np.ndarray


def mapped(
    classify: keras.Model, dataset: Dataset, batch_size: int
) -> Iterator[Mapped]:
    """Map each sample, in order.

    Batches have one shape, or a few lengths of series, so few programs are compiled;
    what fills the last one up is left out here.
    """
    batches = pipeline.batches(dataset, batch_size, last="pad")
    left = len(dataset)
    for inputs, labels in batches.epoch(0):
        read = {name: inputs[name] for name in classify.input}
        answers = classify.predict_on_batch(read)
        answers = {name: np.asarray(each)[:left] for name, each in answers.items()}
        if np.any(answers["free"] == IGNORE):
            raise ValueError(
                "the model answers NaN, so its weights are broken or its input is not "
                "finite. Fit it again with a lower learning_rate, or mend the images."
            )
        for place in range(min(left, len(labels))):
            own = {name: each[place] for name, each in answers.items()}
            yield Mapped(still(inputs, place), labels[place], **own)
        left -= len(labels)


def still(inputs: Mapping[str, np.ndarray], place: int) -> np.ndarray:
    """Return an image `(H, W, C)` to show of a sample of a batch.

    Of a series it is the date in the middle of those observed, by brightness: clouds
    are the brightest, shadows the darkest.
    """
    image = inputs["image"][place]
    if "days" not in inputs:
        return image
    observed = np.flatnonzero(inputs["days"][place] != ABSENT)
    brightness = [float(image[date, ::4, ::4].mean()) for date in observed]
    return image[observed[np.argsort(brightness)[len(observed) // 2]]]


class Selection:
    """Some samples of a dataset, in a given order, as far as batches need them."""

    def __init__(self, dataset: Dataset, chosen: Sequence[int]):
        self._dataset, self._chosen = dataset, chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> Sample:
        return self._dataset[self._chosen[index]]
