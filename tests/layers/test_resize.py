"""Bilinear enlargement agrees with its definition, pixel by pixel."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.layers.resize import BilinearUpsampling, ResizeLike, bilinear


def _by_hand(x, height, width, align_corners):
    """Interpolate each pixel from the four around its position."""

    def positions(old, new):
        at = np.arange(new, dtype="float64")
        if align_corners:
            return at * (old - 1) / max(new - 1, 1)
        return np.clip((at + 0.5) * old / new - 0.5, 0, old - 1)

    def blend(x, at, axis):
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, x.shape[axis] - 1)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        below, above = x.take(low, axis), x.take(high, axis)
        return below * (1 - share) + above * share

    x = blend(x.astype("float64"), positions(x.shape[1], height), 1)
    return blend(x, positions(x.shape[2], width), 2)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size", [(5, 7), (10, 14), (20, 3), (1, 1), (13, 64)])
def test_any_size_agrees_with_the_definition(x, size, align_corners):
    found = bilinear(ops.convert_to_tensor(x), *size, align_corners)
    np.testing.assert_allclose(
        found, _by_hand(x, *size, align_corners), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("factor", [2, 4])
def test_the_layer_agrees_with_the_definition(x, factor, align_corners):
    found = BilinearUpsampling(factor, align_corners)(x)
    expected = _by_hand(x, 5 * factor, 7 * factor, align_corners)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_corners_stay_where_they_are_if_aligned(x):
    large = ops.convert_to_numpy(BilinearUpsampling(4, align_corners=True)(x))
    np.testing.assert_allclose(
        large[:, ::19, ::27], x[:, ::4, ::6], rtol=1e-5, atol=1e-6
    )


def test_a_single_pixel_fills_the_map():
    large = BilinearUpsampling(4, align_corners=True)(np.full((1, 1, 1, 1), 3.0))
    np.testing.assert_allclose(large, np.full((1, 4, 4, 1), 3.0))


@pytest.mark.parametrize("align_corners", [True, False])
def test_one_model_serves_every_size_and_comes_back(x, align_corners, tmp_path):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, BilinearUpsampling(2, align_corners)(inputs))
    assert model.output.shape == (None, None, None, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for image in (x, x[:, :3]):
        before, after = (m.predict_on_batch(image) for m in (model, loaded))
        np.testing.assert_array_equal(before, after)
        assert before.shape == (2, 2 * image.shape[1], 14, 3)


def test_a_map_takes_the_size_of_another():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 6, 3)).astype("float32")
    for size in ((4, 6), (8, 12), (5, 3)):
        found = ResizeLike()(x, np.zeros((1, *size, 1), "float32"))
        np.testing.assert_allclose(found, bilinear(x, *size), atol=1e-6)
    same = ResizeLike(align_corners=True)(x, x)
    np.testing.assert_array_equal(same, x)
