"""What tests of layers share: gradients, and what those of temporal attention need."""

import keras
import numpy as np
import pytest

from kerasseg.backend import compile_options

NAMES = {"both": ("out", "att"), "embedding": ("out",), "attention": ("att",)}


@pytest.fixture(scope="session")
def alone():
    """Return a function that makes a compiled model of a layer alone."""
    return _alone


def _alone(layer, channels):
    inputs = {
        "x": keras.Input((None, None, None, channels), name="x"),
        "days": keras.Input((None,), name="days"),
        "observed": keras.Input((None,), dtype="bool", name="observed"),
        "day_of_year": keras.Input((None,), dtype="int32", name="day_of_year"),
    }
    answer = layer(**inputs)
    answer = answer if isinstance(answer, tuple) else (answer,)
    answer = dict(zip(NAMES[layer.answer], answer, strict=True))
    model = keras.Model(inputs, answer)
    model.compile(**compile_options())
    return model


@pytest.fixture(scope="session")
def batch():
    """Return a function that makes a batch for such a model."""
    return _batch


def _batch(x, days, observed=None, day_of_year=None):
    if observed is None:
        observed = days != -1
    if day_of_year is None:
        day_of_year = np.where(days == -1, -1, days.astype(int) % 366 + 1)
    return {
        "x": x.astype("float32"),
        "days": days.astype("float32"),
        "observed": observed,
        "day_of_year": day_of_year.astype("int32"),
    }


@pytest.fixture(scope="session")
def value_and_gradients():
    """Return a function that computes a compiled function of arrays, and gradients."""
    return _value_and_gradients


def _value_and_gradients(compute, arrays):
    if keras.config.backend() == "jax":
        import jax

        value = jax.value_and_grad(compute, argnums=tuple(range(len(arrays))))
        return jax.jit(value)(*arrays)
    import tensorflow as tf

    @tf.function
    def value(*arrays):
        with tf.GradientTape() as tape:
            tape.watch(arrays)
            found = compute(*arrays)
        return found, tape.gradient(found, arrays)

    return value(*[tf.convert_to_tensor(array) for array in arrays])
