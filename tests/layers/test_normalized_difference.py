"""Indices are those of the stored pixels, and 0 where there is nothing to tell."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.layers.normalized_difference import NormalizedDifference


def _by_hand(image, first, second):
    one, two = image[..., first].astype("float64"), image[..., second].astype("float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        index = (one - two) / (one + two)
    return np.where(np.abs(index) <= 1, index, 0)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(2, 4, 5, 6), (2, 3, 4, 5, 6)])
def test_it_is_the_difference_over_the_sum(dtype, shape):
    image = np.random.default_rng(0).integers(0, 250, shape).astype(dtype)
    image[0, 0] = 0
    found = NormalizedDifference([(3, 0), (1, 5)])(ops.convert_to_tensor(image))
    expected = np.stack([_by_hand(image, 3, 0), _by_hand(image, 1, 5)], axis=-1)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-6)


def test_fill_is_zero_and_so_is_what_negative_pixels_lead_beyond_one():
    image = np.array([[0, 0], [-200, 1000], [-5, 5], [30, 10]], "float32")
    found = NormalizedDifference([(0, 1)])(ops.convert_to_tensor(image))
    np.testing.assert_allclose(ops.convert_to_numpy(found), [[0], [0], [0], [0.5]])


def test_large_values_survive_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found = NormalizedDifference([(0, 1)])(np.array([[10001, 10000]], "uint16"))
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(ops.convert_to_numpy(found), [[1 / 20001]], rtol=1e-3)


def test_it_comes_back_from_disk_in_a_model_of_any_length_and_size(tmp_path):
    image = keras.Input((None, None, None, 4), name="image")
    index = NormalizedDifference([(3, 2)])(image)
    assert index.shape == (None, None, None, None, 1)
    model = keras.Model(image, index)
    model.save(tmp_path / "m.keras")
    series = np.random.default_rng(1).random((2, 3, 8, 8, 4), "float32")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        loaded.predict_on_batch(series), model.predict_on_batch(series)
    )


@pytest.mark.parametrize("pair", [(1, 1), (1,), (-1, 2)])
def test_a_pair_that_is_none_is_told(pair):
    with pytest.raises(ValueError, match=r"pair \(.*two different bands"):
        NormalizedDifference([pair])
