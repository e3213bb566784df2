"""A drop-in for MaxPooling2D: same answer, same gradient, same file."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasseg.layers.pooling import MaxPooling


@pytest.mark.parametrize(
    "options",
    [
        {"pool_size": 3, "strides": 2},
        {"pool_size": 2},
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {"pool_size": (2, 3), "strides": (1, 2)},
    ],
)
def test_answers_are_those_of_keras(options):
    x = np.random.default_rng(0).normal(size=(2, 9, 8, 3)).astype("float32")
    expected = layers.MaxPooling2D(**options)(x)
    np.testing.assert_array_equal(MaxPooling(**options)(x), expected)


def test_training_below_it_is_as_with_keras():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 9, 9, 3)).astype("float32")
    y = rng.normal(size=(4, 4, 4, 2)).astype("float32")
    trained = []
    for layer in (layers.MaxPooling2D, MaxPooling):
        keras.utils.set_random_seed(1)
        image = keras.Input((None, None, 3))
        model = keras.Model(image, layer(3, 2)(layers.Conv2D(2, 1)(image)))
        model.compile("sgd", "mse")
        model.train_on_batch(x, y)
        trained.append(model.get_weights())
    for theirs, ours in zip(*trained, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_comes_back_from_disk(tmp_path):
    image = keras.Input((None, None, 3))
    keras.Model(image, MaxPooling(3, 2)(image)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert (type(loaded), loaded.pool_size) == (MaxPooling, (3, 3))
