"""Stored pixels of any type come out normalised, and the bands keep their names."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.layers.bands import Bands

NAMES, MEAN, STD = ("red", "nir"), (100.0, 2000.0), (10.0, 500.0)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
def test_any_stored_type_is_normalised(dtype):
    image = np.arange(24).reshape(1, 3, 4, 2).astype(dtype)
    found = Bands(NAMES, MEAN, STD)(ops.convert_to_tensor(image))
    expected = (image.astype("float64") - MEAN) / STD
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_large_values_survive_mixed_precision():
    bands = Bands(("b",), (0,), (1,))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found = Bands.from_config(bands.get_config())(np.full((1, 1, 1, 1), 10001))
    finally:
        keras.config.set_dtype_policy("float32")
    assert ops.convert_to_numpy(found).item() == 10001


def test_series_are_normalised_alike():
    series = np.full((1, 3, 2, 2, 2), 120, "uint8")
    found = ops.convert_to_numpy(Bands(NAMES, MEAN, STD)(series))
    np.testing.assert_allclose(found[..., 0], 2, rtol=1e-6)


def test_names_come_back_from_disk(tmp_path):
    inputs = keras.Input((None, None, 2))
    keras.Model(inputs, Bands(NAMES, MEAN, STD)(inputs)).save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras").layers[-1]
    assert (loaded.names, loaded.mean, loaded.std) == (NAMES, MEAN, STD)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ((1.0,), STD, "2 names, 1 means and 2 stds"),
        (MEAN, (1.0, 0.0), "std of nir is not above 0"),
        (MEAN, (1.0, float("nan")), "std of nir is not above 0"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(mean, std, message):
    with pytest.raises(ValueError, match=message):
        Bands(NAMES, mean, std)
