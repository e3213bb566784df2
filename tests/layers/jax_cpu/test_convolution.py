"""Values and gradients are those of XLA's own convolution, run after run."""

import numpy as np
import pytest

pytestmark = pytest.mark.once

SHAPES = [  # height, width, channels in, channels out, kernel, stride, padding, batch
    (9, 7, 3, 4, (3, 3), (1, 1), "same", 2),
    (9, 7, 4, 3, (3, 3), (1, 1), "same", 2),
    (8, 8, 5, 5, (3, 3), (1, 1), "valid", 1),
    (8, 8, 4, 2, (2, 4), (1, 1), "same", 3),
    (10, 9, 3, 4, (3, 3), (2, 2), "same", 2),
    (14, 15, 3, 6, (7, 7), (2, 2), "valid", 2),
    (8, 6, 4, 7, (1, 1), (1, 1), "same", 2),
    (9, 8, 4, 7, (1, 1), (2, 2), "valid", 2),
    (12, 8, 4, 2, (3, 3), (1, 2), "valid", 2),
    (34, 32, 2, 2, (3, 3), (1, 1), "same", 3),  # an image at a time
    (16, 24, 2, 3, (3, 3), (1, 1), "same", 6),  # three images at a time
    (34, 33, 4, 3, (3, 3), (1, 1), "same", 1),  # the map shifted over the gradient
    (9, 7, 32, 64, (3, 3), (1, 1), "same", 3),  # row by row
    (68, 64, 32, 64, (3, 3), (1, 1), "same", 1),  # some rows at a time, and a rest
    (40, 36, 32, 32, (4, 2), (1, 1), "valid", 6),  # some images at a time
    (7, 8, 66, 32, (2, 2), (1, 1), "same", 2),  # more channels than it is good for
]


DILATED = [  # the same, and the dilation
    (12, 14, 3, 4, (3, 3), (1, 1), "valid", 2, (2, 3)),
    (12, 14, 9, 4, (3, 3), (1, 1), "same", 2, (4, 4)),
    (9, 7, 9, 4, (3, 3), (1, 1), "valid", 2, (1, 1)),
    (9, 8, 9, 4, (4, 4), (2, 2), "valid", 2, (1, 1)),
    (9, 8, 9, 4, (4, 4), (2, 2), "same", 1, (1, 1)),
    (11, 12, 9, 9, (3, 3), (2, 2), "valid", 1, (2, 2)),
    (11, 12, 32, 33, (3, 2), (1, 1), "same", 2, (2, 3)),
]


@pytest.mark.parametrize("shape", [(*shape, (1, 1)) for shape in SHAPES] + DILATED)
def test_values_and_gradients_are_those_of_xla(shape, assert_same):
    from jax import lax

    from kerasseg.layers.jax_cpu.convolution import convolve

    height, width, inputs, outputs, size, strides, padding, batch, dilation = shape
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, height, width, inputs)).astype("float32")
    kernel = rng.normal(size=(*size, inputs, outputs)).astype("float32")

    def reference(x, kernel):
        return lax.conv_general_dilated(
            x,
            kernel,
            strides,
            padding.upper(),
            rhs_dilation=dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    def ours(x, kernel):
        return convolve(x, kernel, strides, padding, dilation)

    assert_same(ours, reference, (x, kernel), rng)


def test_gradient_of_a_kernel_is_the_sum_of_products_in_float64():
    import jax

    from kerasseg.layers.jax_cpu.convolution import convolve

    rng = np.random.default_rng(1)
    x, gradient = rng.normal(size=(2, 2, 32, 36, 3)).astype("float32")
    kernel = np.zeros((3, 3, 3, 3), "float32")
    _, vjp = jax.vjp(lambda kernel: convolve(x, kernel, (1, 1), "same"), kernel)
    padded = np.pad(x.astype("float64"), ((0, 0), (1, 1), (1, 1), (0, 0)))
    for i in range(3):
        for j in range(3):
            expected = np.einsum(
                "bhwc,bhwf->cf", padded[:, i : i + 32, j : j + 36], gradient
            )
            np.testing.assert_allclose(vjp(gradient)[0][i, j], expected, atol=2e-4)


@pytest.mark.parametrize("channels", [16, 32])
def test_two_runs_give_the_same_bits(channels):
    import jax

    from kerasseg.layers.jax_cpu.convolution import convolve

    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 32, 32, channels)).astype("float32")
    kernel = rng.normal(size=(3, 3, channels, channels)).astype("float32")
    loss = jax.jit(
        jax.grad(lambda k, x: (convolve(x, k, (1, 1), "same") ** 2).sum(), (0, 1))
    )
    first, second = loss(kernel, x), loss(kernel, x)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
