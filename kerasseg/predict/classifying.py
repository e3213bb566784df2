"""From windows to the probabilities of their classes."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

import keras
import numpy as np

from kerasseg import artifact, backend, estimate

Classify = Callable[[np.ndarray], np.ndarray]

_SHARE = 0.5
"""Of the free memory that all outputs of a model's layers together may fill."""

_ON_CPU = 2 << 30
"""Bytes that they may fill at most on a CPU, which larger batches make no faster."""

_networks: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()
"""What was compiled for a model, so that its next scene need not wait for it."""


def classifier(
    model: keras.Model,
    batch: Callable[[np.ndarray], dict[str, np.ndarray]],
    turned: bool = False,
) -> Classify:
    """Return a function from windows to probabilities `(B, K, H, W)`.

    Args:
        model: The model.
        batch: What makes its inputs of windows; it may offer more.
        turned: Whether to average over the eight ways to flip and turn a window.
    """
    network = _network(model)

    def classify(images: np.ndarray) -> np.ndarray:
        inputs = batch(images)
        return network.predict_on_batch({name: inputs[name] for name in network.input})

    return _over_turns(classify) if turned else classify


def _network(model: keras.Model) -> keras.Model:
    if model not in _networks:
        logits = artifact.logits(model)
        possible = artifact.legend(model).possible
        shares = keras.ops.softmax(keras.ops.where(possible, logits, -np.inf), axis=-1)
        # Planes rather than pixels: what is added up later lies together in memory.
        shares = keras.ops.transpose(shares, (0, 3, 1, 2))
        _networks[model] = keras.Model(model.input, shares)
        _networks[model].compile(**backend.compile_options())
    return _networks[model]


def _over_turns(classify: Classify) -> Classify:
    def mean(images: np.ndarray) -> np.ndarray:
        total = np.float32(0)
        for turns in range(4):
            for flip in (False, True):
                seen = np.rot90(images, turns, axes=(1, 2))
                seen = seen[:, :, ::-1] if flip else seen
                shares = classify(np.ascontiguousarray(seen))
                shares = shares[..., ::-1] if flip else shares
                total = total + np.rot90(shares, -turns, axes=(2, 3))
        return total / 8

    return mean


def batch_size(model: keras.Model, inputs: dict[str, np.ndarray], most: int) -> int:
    """Choose how many windows to compute at a time: what memory holds, up to `most`.

    Args:
        model: The model.
        inputs: Its inputs for one window.
        most: Windows at most.
    """
    shapes = {name: inputs[name].shape for name in model.input}
    needed = max(estimate.outputs_bytes(model, shapes), 1)
    room = _SHARE * backend.free_memory_bytes()
    if backend.devices() == ["cpu"]:
        room = min(room, _ON_CPU)
    return int(np.clip(room // needed, 1, most))
