"""The weighed sum of a series, and its gradients, are those of float64."""

import keras
import numpy as np
import pytest

JAX = keras.config.backend() == "jax"


def _sum_and_gradients(x, weight, gradient):
    if JAX:
        import jax

        from kerasseg.layers.jax_cpu.weighted_sum import sum_dates

        found, transpose = jax.vjp(sum_dates, x, weight)
        return found, *transpose(gradient)
    import tensorflow as tf

    from kerasseg.layers.tensorflow_cpu import sum_dates

    x, weight = tf.constant(x), tf.constant(weight)
    with tf.GradientTape() as tape:
        tape.watch((x, weight))
        found = sum_dates(x, weight)
    return found, *tape.gradient(found, (x, weight), gradient)


@pytest.mark.parametrize("groups", [1, 8])  # 32 channels of a group, and 4
def test_sum_and_gradients_are_those_of_the_products_in_float64(groups):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 3, 4, 32)).astype("float32")
    weight = rng.normal(size=(2, 5, 3, 4, groups)).astype("float32")
    gradient = rng.normal(size=(2, 3, 4, 32)).astype("float32")
    spread = np.repeat(weight.astype("float64"), 32 // groups, axis=-1)
    products = x.astype("float64") * gradient[:, None]
    per_group = products.reshape(2, 5, 3, 4, groups, -1).sum(-1)
    found, of_x, of_weight = _sum_and_gradients(x, weight, gradient)
    np.testing.assert_allclose(found, (x * spread).sum(1), atol=1e-5)
    np.testing.assert_allclose(of_x, gradient[:, None] * spread, atol=1e-5)
    np.testing.assert_allclose(of_weight, per_group, atol=1e-5)
