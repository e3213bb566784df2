"""A function of a tensor in chunks: the same values and gradients as without."""

import numpy as np
import pytest
from keras import ops

from kerasseg.layers.in_chunks import in_chunks, recall


def _mix(chunk, start, weights, constants):
    """Something that is not linear, uses all it is given and drops the second axis."""
    matrix, offset = weights
    mixed = ops.tanh(chunk @ matrix + offset) * constants[0][:, :, None, None]
    return ops.sum(mixed**2, axis=1)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    shapes = (2, 3, 7, 4), (4, 5), (5,)
    return tuple(rng.normal(size=shape).astype("float32") for shape in shapes)


@pytest.mark.parametrize("consume", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_values_and_gradients_are_those_of_the_whole(
    size, consume, arrays, value_and_gradients
):
    share = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")
    scale = np.arange(2 * 7 * 5, dtype="float32").reshape(2, 7, 5)

    def whole(x, *weights):
        return ops.sum(_mix(x, 0, weights, (share,)) * scale)

    def parts(x, *weights):
        found = in_chunks(
            _mix, x, weights, (share,), size=size, axes=(2, 1), consume=consume
        )
        return ops.sum(found * scale)

    (value, gradients), (known, wanted) = (
        value_and_gradients(compute, arrays) for compute in (parts, whole)
    )
    np.testing.assert_allclose(value, known, rtol=1e-5)
    for found, expected in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_several_results_and_what_is_remembered_of_a_chunk_change_nothing(
    size, value_and_gradients
):
    rng = np.random.default_rng(0)
    x, first, second = (
        rng.normal(size=shape).astype("float32") for shape in ((5, 3, 4), (4, 6), (6,))
    )

    def two(chunk, start, weights, constants):
        dear = recall.dear(lambda x, weight: ops.tanh(x @ weight), chunk, weights[0])
        return [ops.sum(dear, 1), dear**2 * weights[1]]

    def loss(answers):
        return ops.sum(answers[0] ** 2) + ops.sum(answers[1] ** 3)

    def whole(x, *weights):
        return loss(two(x, 0, weights, ()))

    def parts(x, *weights):
        return loss(in_chunks(two, x, weights, size=size, keep=True))

    arrays = x, first, second
    (value, gradients), (known, wanted) = (
        value_and_gradients(compute, arrays) for compute in (parts, whole)
    )
    np.testing.assert_allclose(value, known, rtol=1e-5)
    for found, expected in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_what_is_remembered_is_not_computed_again():
    computed = []

    def dear(x, weight):
        computed.append(1)
        return x * weight

    x = np.float32(3)
    with recall.writing(results := []):
        recall.dear(dear, x, np.float32(2))
    with recall.reading(list(results)):
        assert float(recall.dear(dear, x, np.float32(5))) == 6.0
    assert len(computed) == len(results) == 1


def test_a_function_is_told_where_its_chunk_begins(value_and_gradients):
    x = np.zeros((5, 2), "float32")

    def place(chunk, start, weights, constants):
        return chunk + ops.cast(start, "float32")

    def compute(x):
        return ops.sum(in_chunks(place, x, (), size=2) * x)

    # The last chunk begins at 4 or, where all have one length, at 3.
    _, (gradient,) = value_and_gradients(compute, (x,))
    np.testing.assert_array_equal(gradient[:4, 0], [0, 0, 2, 2])
