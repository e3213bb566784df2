"""What tests of the temporal attention share: a compiled model of it, and batches."""

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
