"""The weighed sum of a series, and its gradients, are those of float64."""

import numpy as np
import pytest

pytestmark = pytest.mark.once


@pytest.mark.parametrize("groups", [1, 8])  # 32 channels of a group, and 4
def test_sum_and_gradients_are_those_of_the_products_in_float64(groups):
    import jax

    from kerasseg.layers.jax_cpu.weighted_sum import sum_dates

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 3, 4, 32)).astype("float32")
    weight = rng.normal(size=(2, 5, 3, 4, groups)).astype("float32")
    gradient = rng.normal(size=(2, 3, 4, 32)).astype("float32")
    found, transpose = jax.vjp(sum_dates, x, weight)
    spread = np.repeat(weight.astype("float64"), 32 // groups, axis=-1)
    products = x.astype("float64") * gradient[:, None]
    per_group = products.reshape(2, 5, 3, 4, groups, -1).sum(-1)
    of_x, of_weight = transpose(gradient)
    np.testing.assert_allclose(found, (x * spread).sum(1), atol=1e-5)
    np.testing.assert_allclose(of_x, gradient[:, None] * spread, atol=1e-5)
    np.testing.assert_allclose(of_weight, per_group, atol=1e-5)
