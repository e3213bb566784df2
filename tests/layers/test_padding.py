"""Any image becomes a multiple of a size, and the answer is cut back."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.layers.padding import CropLike, PadToMultiple


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 8), (8, 16), (9, 31)])
def test_the_last_row_and_column_are_repeated(height, width):
    image = np.random.default_rng(0).normal(size=(2, height, width, 3))
    expected = np.pad(
        image, ((0, 0), (0, -height % 8), (0, -width % 8), (0, 0)), "edge"
    )
    grown = PadToMultiple(8)(ops.convert_to_tensor(image, "float32"))
    np.testing.assert_allclose(grown, expected, rtol=1e-6)


def test_integers_stay_integers():
    image = np.full((1, 3, 3, 1), 65535, "uint16")
    grown = ops.convert_to_numpy(PadToMultiple(4)(ops.convert_to_tensor(image)))
    assert grown.dtype == np.uint16
    assert (grown == 65535).all()


@pytest.mark.parametrize("size", [(5, 6), (8, 8)])
def test_one_model_serves_every_size(size, tmp_path):
    image = keras.Input((None, None, 2))
    grown = PadToMultiple(8)(image)
    model = keras.Model(image, [grown, CropLike()(2 * grown, image)])
    model.save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    pixels = np.random.default_rng(0).normal(size=(1, *size, 2)).astype("float32")
    grown, cut = model.predict_on_batch(pixels)
    assert grown.shape == (1, 8, 8, 2)
    np.testing.assert_allclose(cut, 2 * pixels, rtol=1e-6)


def test_known_sizes_are_known_before_running():
    image = keras.Input((50, 64, 3))
    assert PadToMultiple(32)(image).shape == (None, 64, 64, 3)
    assert CropLike()(PadToMultiple(32)(image), image).shape == (None, 50, 64, 3)


def test_cutting_keeps_the_type_of_the_map():
    image = ops.ones((1, 2, 2, 1), "float32")
    x = ops.ones((1, 4, 4, 3), "float32") / 3
    with_policy = CropLike(dtype="mixed_bfloat16")(x, image)
    np.testing.assert_array_equal(with_policy, x[:, :2, :2])


def test_config_comes_back():
    layer = PadToMultiple(16, name="grow")
    assert PadToMultiple.from_config(layer.get_config()).get_config() == (
        layer.get_config()
    )
