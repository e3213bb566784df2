"""Every encoder gives five maps, each half the size of the one before."""

import inspect
import typing

import keras
import numpy as np
import pytest

from kerasseg import encoders
from kerasseg.models import fpn, unet


@pytest.mark.parametrize("name", encoders.names())
def test_maps_halve_five_times(name):
    image = keras.Input((64, 96, 4))
    maps = encoders.pyramid(name, image, width=4)
    assert [m.shape[1:3] for m in maps] == [
        (32, 48),
        (16, 24),
        (8, 12),
        (4, 6),
        (2, 3),
    ]


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("preact_resnet18", [64, 64, 128, 256, 512]),
        ("preact_resnet50", [64, 256, 512, 1024, 2048]),
        ("resnet34", [64, 64, 128, 256, 512]),
        ("resnet50", [64, 256, 512, 1024, 2048]),
    ],
)
def test_channels_are_the_published_ones(name, channels):
    maps = encoders.pyramid(name, keras.Input((None, None, 3)))
    assert [m.shape[-1] for m in maps] == channels


@pytest.mark.parametrize(
    ("name", "parameters"),
    # torchvision's counts, less the classifier, and running statistics added.
    [("resnet18", 11_176_512), ("resnet34", 21_284_672), ("resnet50", 23_508_032)],
)
def test_torchvision_layouts_have_its_trainable_parameters(name, parameters):
    image = keras.Input((None, None, 3))
    model = keras.Model(image, encoders.pyramid(name, image))
    counted = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    assert counted == parameters


@pytest.mark.parametrize("name", encoders.names())
def test_an_encoder_owns_its_layers_with_weights_and_no_others(name):
    image = keras.Input((None, None, 3))
    layers = keras.Model(image, encoders.pyramid(name, image, width=4)).layers
    with_weights = [layer.name for layer in layers if layer.weights]
    assert all(encoders.owns(name, layer) for layer in with_weights)
    assert set(encoders.band_layers(name)) < set(with_weights)
    for stranger in ("decoder_stage0a_conv", "decoder.blocks.0.conv1.0", "head_conv"):
        assert not encoders.owns(name, stranger)


@pytest.mark.parametrize("build", [unet.build, fpn.build])
def test_models_offer_every_encoder(build):
    choice = inspect.signature(build).parameters["encoder"].annotation
    assert typing.get_args(choice) == encoders.names()


def test_a_wrong_name_is_answered_with_the_right_one():
    with pytest.raises(LookupError, match="Did you mean 'preact_resnet50'"):
        encoders.pyramid("preact_resnet51", keras.Input((None, None, 3)))


def test_published_rgb_is_normalised_as_in_the_training():
    assert encoders.input_statistics("preact_resnet18") == ((0, 0, 0), (1, 1, 1))
    mean, std = encoders.input_statistics("resnet50")
    np.testing.assert_allclose(np.divide(mean, 255), (0.485, 0.456, 0.406))
    np.testing.assert_allclose(np.divide(std, 255), (0.229, 0.224, 0.225))


@pytest.mark.parametrize("name", ["preact_resnet18", "resnet18"])
def test_matched_bands_look_like_imagenet(name):
    center, spread = (900.0, 800.0, 700.0, 3000.0), (200.0, 210.0, 220.0, 800.0)
    mean, std = encoders.match_statistics(name, center, spread)
    offset, scale = encoders.input_statistics(name)
    rgb = np.array([(123.675, 116.28, 103.53), (58.395, 57.12, 57.375)])
    for band in range(4):
        seen = (center[band] - mean[band]) / std[band]
        wanted = (rgb[0, band % 3] - offset[band % 3]) / scale[band % 3]
        np.testing.assert_allclose(seen, wanted, atol=1e-9)
        np.testing.assert_allclose(
            spread[band] / std[band], rgb[1, band % 3] / scale[band % 3]
        )


def test_eight_bit_rgb_is_matched_by_the_published_statistics():
    rgb = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    for name in ("preact_resnet18", "resnet18"):
        found = encoders.match_statistics(name, *rgb)
        np.testing.assert_allclose(found, encoders.input_statistics(name), atol=1e-9)
