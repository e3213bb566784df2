"""Values and gradients are those of XLA's own convolution in groups."""

import numpy as np
import pytest

pytestmark = pytest.mark.once


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("size", "strides"),
    [
        ((3, 3), (1, 1)),
        ((5, 2), (1, 1)),
        ((1, 1), (2, 2)),
        ((4, 4), (2, 2)),
        ((3, 2), (2, 3)),
    ],
)
def test_values_and_gradients_are_those_of_xla(size, strides, padding):
    import jax
    from jax import lax

    from kerasseg.layers.jax_cpu.depthwise import convolve

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, 7, 4)).astype("float32")
    kernel = rng.normal(size=(*size, 4)).astype("float32")

    def reference(x, kernel):
        return lax.conv_general_dilated(
            x,
            kernel[:, :, None],
            strides,
            padding.upper(),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=4,
        )

    expected, reference_vjp = jax.vjp(reference, x, kernel)
    found, vjp = jax.vjp(lambda *given: convolve(*given, strides, padding), x, kernel)
    gradient = rng.normal(size=expected.shape).astype("float32")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    for ours, xla in zip(vjp(gradient), reference_vjp(gradient), strict=True):
        np.testing.assert_allclose(ours, xla, rtol=1e-5, atol=1e-4)
