"""Hand the batches of the pipeline to `keras.Model.fit`, from any step of any epoch."""

from collections.abc import Iterable
from typing import Any

import keras


class Feed(keras.utils.PyDataset):
    """Gives Keras the batches of one epoch after another.

    Keras asks for batch 0, 1, 2, … of an epoch in this order; asking for batch 0
    begins the epoch anew.

    Args:
        batches: What `kerasseg.pipeline.batches` returns.
        start: The batch to begin the epochs at. Greater than 0 only to finish an
            epoch that was interrupted.
        steps: How many batches make an epoch. `None`: all.
        names: The inputs of the model. A dataset may offer more.

    Attributes:
        shapes: The shapes of images given so far; a program was compiled for each.
    """

    def __init__(
        self,
        batches,
        start: int = 0,
        steps: int | None = None,
        names: Iterable[str] = ("image",),
    ):
        super().__init__()
        self.epoch = 0
        self.shapes: set[tuple[int, ...]] = set()
        self._batches = batches
        self._names = tuple(names)
        self._start = start
        self._steps = steps or len(batches)
        self._iterator = None
        self._next = 0

    def __len__(self) -> int:
        return self._steps - self._start

    def __getitem__(self, index: int):
        if index == 0 or index != self._next:
            self.close()
            self._iterator = self._batches.epoch(self.epoch, self._start + index)
        self._next = index + 1
        inputs, label = next(self._iterator)
        self.shapes.add(inputs["image"].shape)
        return {name: inputs[name] for name in self._names}, label

    def source(self) -> Any:
        """Return what `fit` and `evaluate` should read: mostly the feed itself.

        Keras tells TensorFlow the shapes of the first two batches and refuses others,
        so series of several lengths and images of several sizes need to be announced.
        """
        vary = self._batches.sizes_vary
        series = "days" in self._names
        if keras.config.backend() != "tensorflow" or not (vary or series):
            return self
        import tensorflow as tf

        inputs, label = self[0]
        self.close()
        signature = (
            {
                name: _announced(values, series, vary and values.ndim > 2)
                for name, values in inputs.items()
            },
            _announced(label, False, vary),
        )
        announced = tf.data.Dataset.from_generator(
            lambda: map(self.__getitem__, range(len(self))), output_signature=signature
        )
        counted = announced.apply(tf.data.experimental.assert_cardinality(len(self)))
        return counted.prefetch(1)

    def close(self) -> None:
        """Stop reading ahead."""
        if self._iterator is not None:
            self._iterator.close()
            self._iterator = None


def _announced(values: Any, any_length: bool, any_size: bool) -> Any:
    """Describe a tensor `(B, T, …)`, `(B, T, H, W, C)`, `(B, H, W, C)` or `(B, H, W)`.

    Args:
        values: The tensor.
        any_length: Whether its second axis, dates, may have any length.
        any_size: Whether its rows and columns may have any number.
    """
    import tensorflow as tf

    shape = list(values.shape)
    if any_length:
        shape[1] = None
    if any_size:
        rows = 2 if any_length else 1
        shape[rows : rows + 2] = None, None
    return tf.TensorSpec(tuple(shape), values.dtype)


class SetEpoch(keras.callbacks.Callback):
    """Tells the feed which epoch begins: its shuffle and augmentation follow."""

    def __init__(self, feed: Feed):
        super().__init__()
        self._feed = feed

    def on_epoch_begin(self, epoch, logs=None):
        self._feed.epoch = epoch
