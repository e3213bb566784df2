"""Pieces of pixels answer as all of them at once, each from its own place."""

import numpy as np
import pytest

pytestmark = pytest.mark.once


@pytest.mark.parametrize("pixels", [1, 63, 150, 400])
def test_values_and_gradients_are_those_of_the_whole(assert_same, pixels):
    import jax.numpy as jnp

    from kerasseg.layers.jax_cpu.pieces import in_pieces

    def answer(x, start):
        place = start + jnp.arange(x.shape[2])
        return (x**2).sum(1) * place[:, None]

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, pixels, 4)).astype("float32")
    assert_same(lambda x: in_pieces(answer, x), lambda x: answer(x, 0), [x], rng)


@pytest.mark.parametrize(("pixels", "sizes"), [(127, [127]), (400, [100] * 4)])
def test_small_maps_are_one_piece_and_large_ones_several(pixels, sizes):
    from kerasseg.layers.jax_cpu.pieces import in_pieces

    seen = []

    def answer(x, start):
        seen.append(x.shape[2])
        return x.sum(1)

    in_pieces(answer, np.ones((1, 2, pixels, 3), "float32"))
    assert seen == sizes
