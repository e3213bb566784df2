"""A drop-in for Conv2D: same weights, same answer, same file."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasseg.layers.convolution import Convolution

OPTIONS = [
    {"filters": 4, "kernel_size": 3, "padding": "same"},
    {"filters": 4, "kernel_size": 3, "strides": 2, "use_bias": False},
    {"filters": 4, "kernel_size": 1, "strides": 2, "activation": "relu"},
    {"filters": 4, "kernel_size": 3, "groups": 2},
    {"filters": 4, "kernel_size": 3, "dilation_rate": 2},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_answers_are_those_of_conv2d(options):
    x = np.random.default_rng(0).normal(size=(2, 9, 8, 6)).astype("float32")
    ours, theirs = Convolution(**options), layers.Conv2D(**options)
    ours.build(x.shape)
    theirs.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


def test_training_changes_weights_as_with_conv2d():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 12, 12, 3)).astype("float32")
    y = rng.normal(size=(4, 6, 6, 2)).astype("float32")
    trained = []
    for layer in (layers.Conv2D, Convolution):
        keras.utils.set_random_seed(1)
        image = keras.Input((None, None, 3))
        hidden = layer(5, 3, padding="same", activation="relu")(image)
        model = keras.Model(image, layer(2, 3, 2, padding="same")(hidden))
        model.compile("sgd", "mse")
        for _ in range(3):
            model.train_on_batch(x, y)
        trained.append(model.get_weights())
    for theirs, ours in zip(*trained, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_comes_back_from_disk(tmp_path):
    image = keras.Input((None, None, 3))
    model = keras.Model(image, Convolution(2, 3)(image))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones((1, 5, 5, 3), "float32")
    assert type(loaded.layers[-1]) is Convolution
    np.testing.assert_array_equal(loaded.predict_on_batch(x), model.predict_on_batch(x))


def test_half_precision_stays_half_precision():
    layer = Convolution(2, 3, dtype="mixed_bfloat16")
    x = np.ones((1, 5, 5, 3), "float32")
    assert keras.backend.standardize_dtype(layer(x).dtype) == "bfloat16"
