"""Values and gradients are those of XLA's own pooling, ties included."""

import numpy as np
import pytest

pytestmark = pytest.mark.once


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("extent", [(7, 8), (10, 9), (3, 5)])
def test_values_and_gradients_are_those_of_xla(extent, size, stride):
    import jax
    from jax import lax

    from kerasseg.layers.jax_cpu.pooling import max_pool

    rng = np.random.default_rng(0)
    # Few values, so that many windows have several largest pixels.
    x = rng.integers(0, 4, (2, *extent, 3)).astype("float32")

    def reference(x):
        window = (1, size, size, 1), (1, stride, stride, 1)
        return lax.reduce_window(x, -np.inf, lax.max, *window, "VALID")

    expected, reference_vjp = jax.vjp(reference, x)
    found, vjp = jax.vjp(lambda x: max_pool(x, size, stride), x)
    np.testing.assert_array_equal(found, expected)
    gradient = rng.normal(size=expected.shape).astype("float32")
    np.testing.assert_allclose(
        vjp(gradient)[0], reference_vjp(gradient)[0], rtol=1e-6, atol=1e-6
    )


def test_gradient_goes_to_the_first_of_equal_pixels():
    import jax

    from kerasseg.layers.jax_cpu.pooling import max_pool

    x = np.ones((1, 2, 2, 1), "float32")
    gradient = jax.grad(lambda x: max_pool(x, 2, 2).sum())(x)
    np.testing.assert_array_equal(np.ravel(gradient), [1, 0, 0, 0])
