"""What a chunk remembers of itself until its gradient: the results that cost most.

The result of a convolution is as large as what follows from it, normalised, cut off and
bordered, but costs a hundred times as much. So a chunk that is computed again for its
gradient finds the results of its convolutions in a list, and computes the rest.
"""

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar

import keras

_written: ContextVar[list | None] = ContextVar("written", default=None)
_read: ContextVar[list | None] = ContextVar("read", default=None)


@contextmanager
def writing(results: list):
    """Let `dear` and `constant` add their results to a list."""
    with _set(_written, results), _set(_read, None):
        yield


@contextmanager
def reading(results: list):
    """Let them take their results from the front of a list until that is empty."""
    with _set(_read, results), _set(_written, None):
        yield


@contextmanager
def _set(variable, value):
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def dear(operation: Callable, x, weight):
    """Return `operation(x, weight)`, from memory if the chunk remembers it.

    Args:
        operation: A function of two tensors that uses no others; it has a gradient.
        x: The first.
        weight: The second.
    """
    if results := _read.get():
        return _known(operation, x, weight, results.pop(0))
    return _remembered(operation(x, weight))


def constant(operation: Callable, x):
    """Return `operation(x)`, which has no gradient, from memory if it is remembered."""
    if results := _read.get():
        return results.pop(0)
    return _remembered(operation(x))


def _remembered(found):
    if (results := _written.get()) is not None:
        results.append(found)
    return found


def _known(operation, x, weight, result):
    """Return the result, with the gradient that `operation` would have."""
    if keras.config.backend() == "jax":
        from kerasseg.layers.in_chunks.jax_loop import known
    else:
        from kerasseg.layers.in_chunks.tensorflow_loop import known
    return known(operation, x, weight, result)
