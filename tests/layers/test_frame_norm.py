"""Group normalisation of single maps, against its equations in float64."""

import numpy as np
import pytest
from keras import ops

from kerasseg.layers.frame_norm import FrameNorm
from kerasseg.layers.in_chunks import layers_in_chunks

EPSILON = 1e-5


def _oracle(x, gamma, beta, groups):
    """Return the layer's answer to `(N, H, W, C)`, one group of one map at a time."""
    found = np.empty_like(x)
    width = x.shape[3] // groups
    for n in range(len(x)):
        for at in range(0, x.shape[3], width):
            part = x[n, :, :, at : at + width]
            normal = (part - part.mean()) / np.sqrt(part.var() + EPSILON)
            found[n, :, :, at : at + width] = normal
    return np.maximum(found * gamma + beta, 0)


@pytest.fixture
def case(request):
    """A layer with weights, an input and what weighs its answer in a loss."""
    rng = np.random.default_rng(0)
    layer = FrameNorm(request.param, epsilon=EPSILON)
    x, share = rng.normal(1, 3, size=(2, 5, 4, 6, 8)).astype("float32")
    layer.build(x.shape)
    layer.set_weights(rng.normal(size=(2, 8)))
    return layer, x, share


@pytest.mark.parametrize("case", [4, None], indirect=True)
def test_values_are_those_of_the_equations_in_float64(case):
    layer, x, _ = case
    expected = _oracle(x.astype("float64"), *layer.get_weights(), layer.groups or 8)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize("keep", [None, False, True])
@pytest.mark.parametrize("case", [2], indirect=True)
def test_gradient_is_the_difference_quotient_in_float64_in_chunks_too(
    case, keep, value_and_gradients
):
    layer, x, share = case

    def compute(x):
        found = layer(x) if keep is None else chunks(x)
        return ops.sum(found * share)

    def chunks(x):
        def normalize(chunk, start, constants):
            return layer(chunk)

        return layers_in_chunks(normalize, x, layer.variables, size=2, keep=keep)

    def loss(x):
        return (_oracle(x, *layer.get_weights(), 2) * share).sum()

    _, (gradient,) = value_and_gradients(compute, (x,))
    gradient = np.asarray(gradient)
    for place in np.random.default_rng(1).integers((5, 4, 6, 8), size=(12, 4)):
        step = np.zeros(x.shape)
        step[tuple(place)] = 1e-5
        quotient = (loss(x + step) - loss(x - step)) / 2e-5
        np.testing.assert_allclose(gradient[tuple(place)], quotient, atol=1e-4)
