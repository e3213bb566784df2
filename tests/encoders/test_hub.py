"""A backbone of KerasHub is an encoder like any other, where KerasHub is installed."""

import sys

import keras
import numpy as np
import pytest

from kerasseg import encoders, weights
from kerasseg.models import unet

NARROW = {
    "input_conv_filters": [64],
    "input_conv_kernel_sizes": [7],
    "stackwise_num_filters": [64, 8, 8, 8],
    "stackwise_num_blocks": [1, 1, 1, 1],
    "stackwise_num_strides": [1, 2, 2, 2],
    "block_type": "basic_block",
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """Save a narrow ResNet of KerasHub with random weights."""
    library = pytest.importorskip("keras_hub", reason="KerasHub is an extra")
    folder = tmp_path_factory.mktemp("hub") / "narrow"
    backbone = library.models.ResNetBackbone(**NARROW, image_shape=(None, None, 3))
    backbone.save_to_preset(str(folder))
    return folder, backbone


def test_its_maps_stand_where_their_strides_are(preset):
    maps = encoders.pyramid(f"keras_hub:{preset[0]}", keras.Input((64, 96, 5)))
    assert maps[0] is None
    shapes = [m.shape[1:] for m in maps[1:]]
    assert shapes == [(16, 24, 64), (8, 12, 8), (4, 6, 8), (2, 3, 8)]


def test_its_weights_are_those_of_the_preset_for_any_bands(preset, tmp_path):
    folder, backbone = preset
    name = f"keras_hub:{folder}"
    widths = (4,) * 5
    model = unet.build(3, 2, encoder=name, weights="imagenet", decoder_widths=widths)
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype("float32")
    expected = keras.Model(backbone.input, backbone.pyramid_outputs["P5"])
    layer = next(each for each in model.layers if isinstance(each, keras.Model))
    found = keras.Model(layer.input, layer.output[-1])
    np.testing.assert_allclose(
        found.predict_on_batch(image), expected.predict_on_batch(image), atol=1e-5
    )
    six = unet.build(6, 2, encoder=name, weights="imagenet", decoder_widths=widths)
    assert six.predict_on_batch({"image": image.repeat(2, -1)}).shape == (1, 64, 64, 2)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    before, after = (m.predict_on_batch({"image": image}) for m in (model, again))
    np.testing.assert_array_equal(before, after)


def test_a_file_of_weights_for_it_is_refused(preset):
    name = f"keras_hub:{preset[0]}"
    model = unet.build(3, 2, encoder=name, decoder_widths=(4,) * 5)
    with pytest.raises(ValueError, match="are those of its preset"):
        weights.load(model, "resnet.safetensors", name)


def test_a_preset_that_is_not_there_is_told_in_one_line(preset):
    with pytest.raises(ValueError, match="no preset that KerasHub reads") as told:
        encoders.pyramid(f"keras_hub:{preset[0]}x", keras.Input((64, 64, 3)))
    assert "\n" not in str(told.value)


def test_without_kerashub_the_cure_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(ValueError, match=r"pip install .kerasseg\[hub\]"):
        encoders.pyramid("keras_hub:resnet_18_imagenet", keras.Input((64, 64, 3)))
