"""Hand the batches of the pipeline to `keras.Model.fit`, from any step of any epoch."""

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
    """

    def __init__(self, batches, start: int = 0, steps: int | None = None):
        super().__init__()
        self.epoch = 0
        self._batches = batches
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
        return next(self._iterator)

    def close(self) -> None:
        """Stop reading ahead."""
        if self._iterator is not None:
            self._iterator.close()
            self._iterator = None


class SetEpoch(keras.callbacks.Callback):
    """Tells the feed which epoch begins: its shuffle and augmentation follow."""

    def __init__(self, feed: Feed):
        super().__init__()
        self._feed = feed

    def on_epoch_begin(self, epoch, logs=None):
        self._feed.epoch = epoch
