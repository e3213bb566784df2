"""Attention between maps is the equation, written out in NumPy."""

import keras
import numpy as np
import pytest

from kerasseg.layers.drop_path import DropPath
from kerasseg.layers.spatial_attention import SpatialAttention


def test_it_is_the_published_equation():
    rng = np.random.default_rng(0)
    query = rng.normal(size=(2, 3, 4, 6)).astype("float32")
    key, value = rng.normal(size=(2, 2, 2, 1, 6)).astype("float32")
    found = np.array(SpatialAttention(heads=2)(query, key, value))
    for head in (slice(0, 3), slice(3, 6)):
        for image in range(2):
            keys, values = (x[image, ..., head].reshape(2, 3) for x in (key, value))
            scores = query[image, ..., head].reshape(12, 3) @ keys.T / 3**0.5
            weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
            expected = (weights @ values).reshape(3, 4, 3)
            np.testing.assert_allclose(found[image, ..., head], expected, atol=1e-6)


def test_heads_that_do_not_divide_the_channels_are_refused():
    x = np.zeros((1, 2, 2, 6), "float32")
    with pytest.raises(ValueError, match="4 heads cannot share 6 channels"):
        SpatialAttention(heads=4)(x, x, x)


def test_paths_are_dropped_by_the_sample_and_in_training_only():
    keras.utils.set_random_seed(0)
    x = np.ones((400, 2, 3), "float32")
    layer = DropPath(0.25)
    np.testing.assert_array_equal(layer(x), x)
    found = np.array(layer(x, training=True))
    assert (found == found[:, :1, :1]).all()
    np.testing.assert_allclose(np.unique(found), [0, 4 / 3], rtol=1e-6)
    assert abs((found[:, 0, 0] == 0).mean() - 0.25) < 0.08
