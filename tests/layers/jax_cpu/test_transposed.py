"""Values and gradients are those of Keras' own transposed convolution."""

import numpy as np
import pytest

pytestmark = pytest.mark.once

SHAPES = [  # height, width, channels in, channels out, kernel, strides
    (5, 7, 6, 4, (4, 4), (2, 2)),
    (5, 7, 6, 4, (3, 3), (2, 2)),
    (6, 4, 3, 8, (2, 2), (2, 2)),
    (4, 5, 3, 2, (5, 4), (3, 2)),
    (4, 5, 3, 2, (3, 3), (1, 1)),
    (9, 8, 64, 40, (4, 4), (2, 2)),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_those_of_keras(shape, assert_same):
    from keras import ops

    from kerasseg.layers.jax_cpu.transposed import convolve_transposed

    height, width, inputs, outputs, size, strides = shape
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, height, width, inputs)).astype("float32")
    kernel = rng.normal(size=(*size, outputs, inputs)).astype("float32")

    def ours(x, kernel):
        return convolve_transposed(x, kernel, strides)

    def theirs(x, kernel):
        return ops.conv_transpose(x, kernel, strides, "same")

    assert_same(ours, theirs, (x, kernel), rng)


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "same"},
        {"padding": "valid", "kernel_size": 2},
        {"padding": "valid"},
        {"padding": "same", "output_padding": 0},
        {"padding": "same", "use_bias": False, "activation": "relu"},
    ],
)
def test_the_layer_answers_what_that_of_keras_answers(options):
    import keras

    from kerasseg.layers.transposed import TransposedConvolution

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 6, 3)).astype("float32")
    options = {"kernel_size": 4, "strides": 2, **options}
    ours, theirs = (
        kind(4, **options)
        for kind in (TransposedConvolution, keras.layers.Conv2DTranspose)
    )
    ours.build(x.shape)
    theirs.build(x.shape)
    theirs.set_weights([rng.normal(size=v.shape) for v in ours.get_weights()])
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)
