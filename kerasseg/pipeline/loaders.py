"""Two ways to have threads make the batches of an epoch ahead of time, in order."""

import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from kerasseg.pipeline.plan import Epoch

Batch = tuple[dict[str, np.ndarray], np.ndarray]
"""`{"image": (B, H, W, C)}` and label `(B, H, W)`; a series has `(B, T, H, W, C)`, and
`"days"` and `"day_of_year"`, `(B, T)`."""


def through_grain(epoch: Epoch, workers: int, prefetch: int) -> Iterator[Batch]:
    import grain

    options = grain.ReadOptions(num_threads=workers, prefetch_buffer_size=prefetch)
    loaded = iter(grain.MapDataset.source(epoch).to_iter_dataset(options))
    try:
        for batch in loaded:
            yield _split(batch)
    finally:
        loaded.close()
        for thread in epoch.threads - {threading.current_thread()}:
            thread.join()


def through_tensorflow(epoch: Epoch, workers: int, prefetch: int) -> Iterator[Batch]:
    import tensorflow as tf

    if _backend() == "jax":
        # TensorFlow only moves batches here: it must not claim the memory of the GPU.
        # Where something else has set it going already, it is too late to say so.
        with suppress(RuntimeError):
            tf.config.set_visible_devices([], "GPU")
    sample = epoch.plan.sample(epoch.number, epoch.indices(0)[0])
    failures: list[Exception] = []

    def build(position: np.int64) -> list[np.ndarray]:
        try:
            batch = epoch[int(position)]
        except Exception as error:
            failures.append(error)
            raise
        return [batch[key] for key in sample]

    def load(position: Any) -> dict[str, Any]:
        types = [tf.as_dtype(value.dtype) for value in sample.values()]
        return dict(
            zip(sample, tf.numpy_function(build, [position], types), strict=True)
        )

    loaded = tf.data.Dataset.range(len(epoch))
    loaded = loaded.map(load, num_parallel_calls=workers or None)
    try:
        for batch in loaded.prefetch(prefetch).as_numpy_iterator():
            yield _split(batch)
    except tf.errors.OpError as error:
        # TensorFlow turns an exception into text; what happened is in `failures`.
        raise (failures[0] if failures else error) from None


def _backend() -> str | None:
    """Return what Keras runs on, where it runs at all."""
    keras = sys.modules.get("keras")
    return keras.config.backend() if keras else None


def _split(batch: dict[str, np.ndarray]) -> Batch:
    inputs = {key: values for key, values in batch.items() if key != "label"}
    return inputs, batch["label"]
