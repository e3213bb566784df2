"""What a model answers if only some dates of a series had been observed."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import ops

from kerasseg import artifact, backend
from kerasseg.legend import IGNORE
from kerasseg.sample import ABSENT, Sample

_LENGTHS = (8, 16, 32, 48, 64)
"""Series are filled up to one of these, or a multiple of the last, so that backends
compile a few programs only."""


class Answers:
    """Maps series of which only chosen dates are shown to the model.

    Args:
        model: A model from `artifact.load` or `artifact.assemble`, of series.
        batch_size: Series at a time.
    """

    def __init__(self, model: keras.Model, batch_size: int):
        logits = artifact.logits(model)
        broken = ops.any(ops.isnan(logits), axis=-1)
        possible = artifact.legend(model).possible
        logits = ops.where(possible, logits, -np.inf)
        chosen = ops.where(broken, IGNORE, ops.argmax(logits, axis=-1))
        answers = {
            "chosen": ops.cast(chosen, "uint8"),
            "confidence": ops.max(ops.softmax(logits, axis=-1), axis=-1),
        }
        self._model = compiled(keras.Model(model.input, answers, name="answers"))
        self._batch_size = batch_size

    def each(
        self, sample: Sample, subsets: Sequence[tuple[int, ...]]
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray, np.ndarray]]:
        """Yield each subset of dates, in any order, with what the model says then.

        Args:
            sample: A series.
            subsets: Positions of the dates that are shown; at least one each.

        Yields:
            The subset, the class of each pixel, uint8 `(H, W)`, and how sure of it the
            model is, float32 `(H, W)`.

        Raises:
            ValueError: If the model answers what is not a number.
        """
        by_length: dict[int, list[tuple[int, ...]]] = {}
        for subset in subsets:
            by_length.setdefault(length(len(subset)), []).append(subset)
        for dates, alike in by_length.items():
            for start in range(0, len(alike), self._batch_size):
                batch = alike[start : start + self._batch_size]
                inputs = filled(sample, batch, dates, self._batch_size)
                read = {name: inputs[name] for name in self._model.input}
                found = self._model.predict_on_batch(read)
                for place, subset in enumerate(batch):
                    chosen = np.asarray(found["chosen"][place])
                    _check(chosen)
                    yield subset, chosen, np.asarray(found["confidence"][place])


def compiled(model: keras.Model) -> keras.Model:
    """Let a model predict in the way that is fastest here."""
    model.compile(**backend.compile_options())
    return model


def length(dates: int) -> int:
    """Return how many dates a series is filled up to."""
    last = _LENGTHS[-1]
    longer = -(-dates // last) * last
    return next((each for each in _LENGTHS if each >= dates), longer)


def filled(
    sample: Sample, subsets: Sequence[tuple[int, ...]], dates: int, batch_size: int
) -> dict[str, np.ndarray]:
    """Make a batch of subsets of one series, filled up with dates that are none.

    Args:
        sample: A series.
        subsets: Positions of the dates of each; the batch is filled up with the first.
        dates: Length of the series of the batch.
        batch_size: Number of series.
    """
    image = sample["image"]
    batch = {"image": np.zeros((batch_size, dates, *image.shape[1:]), image.dtype)}
    for key in ("days", "day_of_year"):
        batch[key] = np.full((batch_size, dates), ABSENT, np.int32)
    for place in range(batch_size):
        kept = list(subsets[place] if place < len(subsets) else subsets[0])
        for key, values in batch.items():
            values[place, : len(kept)] = sample[key][kept]
    return batch


def _check(chosen: np.ndarray) -> None:
    if np.any(chosen == IGNORE):
        raise ValueError(
            "the model answers NaN, so its weights are broken or its input is not "
            "finite. Fit it again with a lower learning_rate, or mend the images."
        )
