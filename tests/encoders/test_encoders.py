"""Every encoder gives five maps, each half the size of the one before."""

import keras
import numpy as np
import pytest

from kerasseg import encoders, lookup

pytestmark = pytest.mark.usefixtures("without_values")

SIZES = [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
ONE_OF_EACH = ("preact_resnet18", "resnet18", "resnet50", "mit_b0")


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_maps_halve_five_times(name):
    maps = encoders.pyramid(name, keras.Input((64, 96, 4)), width=4)
    for found, size in zip(maps, SIZES, strict=True):
        assert found is None or found.shape[1:3] == size
    # Mix Transformers begin at stride 4, and say so.
    assert [m is None for m in maps] == [name.startswith("mit"), *[False] * 4]


def test_maps_of_odd_sizes_are_rounded_up():
    image = keras.Input((75, 50, 3))
    sizes = [
        [m.shape[1:3] for m in encoders.pyramid(name, image, width=4)[1:]]
        for name in ("resnet18", "mit_b0")
    ]
    assert sizes[0] == sizes[1] == [(19, 13), (10, 7), (5, 4), (3, 2)]


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("preact_resnet18", [64, 64, 128, 256, 512]),
        ("preact_resnet50", [64, 256, 512, 1024, 2048]),
        ("resnet34", [64, 64, 128, 256, 512]),
        ("resnet50", [64, 256, 512, 1024, 2048]),
        ("mit_b0", [32, 64, 160, 256]),
        ("mit_b1", [64, 128, 320, 512]),
    ],
)
def test_channels_are_the_published_ones(name, channels):
    maps = encoders.pyramid(name, keras.Input((None, None, 3)))
    assert [m.shape[-1] for m in maps if m is not None] == channels


@pytest.mark.parametrize(
    ("name", "blocks"),
    [("mit_b2", 16), ("mit_b3", 28), ("mit_b4", 41), ("mit_b5", 52)],
)
def test_mix_transformers_have_the_published_number_of_blocks(name, blocks):
    assert sum(encoders.mix_options(name)["depths"]) == blocks


def test_several_encoders_give_one_pyramid_with_the_channels_of_the_first():
    image = keras.Input((64, 96, 3))
    maps = encoders.pyramid(("resnet34", "mit_b0"), image)
    assert [m.shape[1:] for m in maps] == [
        (*size, channels)
        for size, channels in zip(SIZES, (64, 64, 128, 256, 512), strict=True)
    ]
    assert [m.shape[-1] for m in encoders.pyramid(("mit_b0", "resnet34"), image)] == [
        *(64, 32, 64, 160, 256)
    ]


def test_two_encoders_of_one_family_are_refused():
    with pytest.raises(ValueError, match="two are of one family"):
        encoders.pyramid(("resnet18", "resnet34"), keras.Input((64, 64, 3)))


def test_a_width_that_a_head_cannot_have_is_refused():
    with pytest.raises(ValueError, match=r"mit_b0: encoder_width 5 .* multiple of 2"):
        encoders.pyramid("mit_b0", keras.Input((64, 64, 3)), width=5)


@pytest.mark.parametrize(
    ("name", "parameters"),
    # torchvision's counts, less the classifier, and running statistics added.
    [
        ("resnet18", 11_176_512),
        ("resnet34", 21_284_672),
        ("resnet50", 23_508_032),
        ("mit_b0", 3_319_392),
    ],
)
def test_encoders_have_the_published_trainable_parameters(name, parameters):
    image = keras.Input((None, None, 3))
    maps = [m for m in encoders.pyramid(name, image) if m is not None]
    model = keras.Model(image, maps)
    counted = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    assert counted == parameters


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_an_encoder_owns_its_layers_with_weights_and_no_others(name):
    image = keras.Input((None, None, 3))
    maps = [m for m in encoders.pyramid(name, image, width=4) if m is not None]
    layers = keras.Model(image, maps).layers
    with_weights = [layer.name for layer in layers if layer.weights]
    assert all(encoders.owns(name, layer) for layer in with_weights)
    assert set(encoders.band_layers(name)) < set(with_weights)
    for stranger in ("decoder_stage0a_conv", "decoder.blocks.0.conv1.0", "fuse1"):
        assert not encoders.owns(name, stranger)


@pytest.mark.parametrize("model", ["unet", "fpn"])
def test_models_offer_every_encoder(model):
    options = {p.name: p for p in lookup.signature("model", model).parameters}
    assert tuple(lookup.words(options["encoder"].annotation)) == encoders.names()


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
