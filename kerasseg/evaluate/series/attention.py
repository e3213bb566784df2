"""Which dates a model attends to, for each class."""

import keras
import numpy as np
from keras import ops

from kerasseg.evaluate.series import answers, season
from kerasseg.evaluate.series.profile import BINS, STEP
from kerasseg.layers.padding import PadToMultiple
from kerasseg.layers.temporal_attention import TemporalAttention
from kerasseg.legend import IGNORE, Legend
from kerasseg.report import series_panels
from kerasseg.report.sections import Section
from kerasseg.sample import Sample

_PURE = 0.75
"""Share of a cell of the attention that must be of one class."""


def exposed(model: keras.Model) -> keras.Model | None:
    """Return a model to the attention, mean over the heads, `(B, T, h, w)`.

    Args:
        model: A model from `artifact.load` or `artifact.assemble`.

    Returns:
        `None` if the model has no temporal attention, or does not form it: Time-Unet
        does where it is built with `return_attention`.
    """
    for inner in model.layers:
        found = _inside(inner) if isinstance(inner, keras.Model) else None
        if found is not None:
            # What the inner model was called on; its own `input` is its first layer.
            called_on = keras.Operation.input.fget(inner)
            inputs = keras.tree.pack_sequence_as(
                inner.input, keras.tree.flatten(called_on)
            )
            attention = ops.mean(keras.Model(inner.input, found)(inputs), axis=1)
            return answers.compiled(keras.Model(model.input, attention))
    return None


def _inside(inner: keras.Model) -> keras.KerasTensor | None:
    for layer in inner.layers:
        if isinstance(layer, TemporalAttention):
            tensors = keras.tree.flatten(layer.output)
            return next((each for each in tensors if len(each.shape) == 5), None)
    return None


class Attention:
    """Gathers how much attention the dates of a season get, by class.

    Args:
        model: A model from `artifact.load` or `artifact.assemble`.
        attention: What `exposed` returned for it.
        legend: The classes.
    """

    def __init__(self, model: keras.Model, attention: keras.Model, legend: Legend):
        self._attention, self._legend = attention, legend
        self._grow = _grow(model)
        self._sums = np.zeros((2, legend.num_classes, BINS))  # of 1, of attention

    def add(self, sample: Sample) -> None:
        """Add a series."""
        count = len(sample["days"])
        whole = [tuple(range(count))]
        batch = answers.filled(sample, whole, answers.length(count), 1)
        read = {name: batch[name] for name in self._attention.input}
        found = np.asarray(self._attention.predict_on_batch(read))[0, :count]
        cells = _cells(
            sample["label"], found.shape[1:], self._legend.num_classes, self._grow
        )
        known = cells != IGNORE
        places = season.places(sample["days"], sample["day_of_year"]) // STEP
        classes = self._legend.num_classes
        for date, place in enumerate(np.clip(places, 0, BINS - 1).tolist()):
            weight = count * found[date][known].astype(np.float64)
            here = np.bincount(cells[known], minlength=classes)
            self._sums[0, :, place] += here
            self._sums[1, :, place] += np.bincount(
                cells[known], weight, minlength=classes
            )

    def means(self) -> np.ndarray:
        """Return the attention, times the number of dates, `(num_classes, BINS)`."""
        count, total = self._sums
        return np.divide(
            total, count, out=np.full(total.shape, np.nan), where=count > 0
        )

    def section(self) -> Section:
        """Draw a row for each class that was seen."""
        means = self.means()
        seen = np.flatnonzero(np.isfinite(means).any(axis=0))
        first, last = (seen.min(), seen.max()) if seen.size else (0, 0)
        names = self._legend.names
        ticks = season.ticks(STEP * int(first), STEP * int(last) + STEP - 1)
        return Section(
            "attention",
            "Attention over dates, for each class",
            "Mean over heads and places of one class. 1 is the share of a date if all "
            f"dates of a series were alike. Steps of {STEP} days.",
            series_panels.heat(
                "Attention",
                means[:, first : last + 1],
                names=names,
                labels=[season.date(STEP * p) for p in range(first, last + 1)],
                across=[(name, place / STEP - first) for name, place in ticks],
                unit="times the even share",
            ),
            ("class", "time", "attention"),
            tuple(
                (names[index], season.date(STEP * place), f"{means[index, place]:.4f}")
                for index, place in np.argwhere(np.isfinite(means)).tolist()
            ),
        )


def _grow(model: keras.Model) -> PadToMultiple | None:
    """Return the layer that grows images before they are halved, if there is one."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    layers = [layer for each in inner for layer in each.layers]
    return next((each for each in layers if isinstance(each, PadToMultiple)), None)


def _cells(
    label: np.ndarray,
    shape: tuple[int, int],
    num_classes: int,
    grow: PadToMultiple | None,
) -> np.ndarray:
    """Return the class of each cell of the attention; `IGNORE` where there are several.

    Args:
        label: The truth `(H, W)`.
        shape: Height and width of the attention.
        num_classes: Number of classes.
        grow: The layer that grows images, below and to the right.
    """
    size = label.shape
    if grow is not None:
        grown = grow.compute_output_spec(keras.KerasTensor((1, *size, 1)))
        size = grown.shape[1:3]
    if any(pixels % cells for pixels, cells in zip(size, shape, strict=True)):
        raise ValueError(
            f"attention {shape} does not divide an image of {size} pixels. Evaluate "
            "patches whose size the model can halve."
        )
    rest = [(0, whole - part) for whole, part in zip(size, label.shape, strict=True)]
    wide = np.pad(label, rest, constant_values=IGNORE)
    steps = [pixels // cells for pixels, cells in zip(size, shape, strict=True)]
    blocks = wide.reshape(shape[0], steps[0], shape[1], steps[1])
    shares = np.stack(
        [(blocks == index).mean(axis=(1, 3)) for index in range(num_classes)]
    )
    pure = shares.max(axis=0) >= _PURE
    return np.where(pure, shares.argmax(axis=0), IGNORE).astype(np.uint8)
