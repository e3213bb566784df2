"""What tests of formulations for JAX on a CPU share."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def assert_same():
    """Return a function that compares values and gradients of two functions."""
    return _assert_same


def _assert_same(ours, theirs, arrays, rng):
    import jax

    (found, pull), (expected, reference) = (
        jax.vjp(function, *arrays) for function in (ours, theirs)
    )
    gradient = rng.normal(size=expected.shape).astype("float32")
    pairs = zip((found, *pull(gradient)), (expected, *reference(gradient)), strict=True)
    for one, other in pairs:
        scale = np.abs(other).max()
        np.testing.assert_allclose(one / scale, other / scale, atol=1e-5)
