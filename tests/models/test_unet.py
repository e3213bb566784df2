"""The U-Net of segmentation_models, to the last parameter and layer name."""

import keras
import numpy as np
import pytest

from kerasseg.models import unet

TINY = {"encoder_width": 4, "decoder_widths": (8, 8, 8, 8, 8)}


def _trainable(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_weights)


@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("encoder", "classes", "total", "trainable"),
    [
        ("preact_resnet18", 5, 14_341_150, 14_331_224),
        ("preact_resnet34", 1, 24_456_154, None),
        ("preact_resnet50", 5, 32_561_694, 32_514_136),
    ],
)
def test_has_the_published_number_of_parameters(encoder, classes, total, trainable):
    model = unet.build(3, classes, encoder=encoder)
    assert model.count_params() == total
    assert trainable in (None, _trainable(model))


def test_layers_have_the_published_names():
    names = {layer.name for layer in unet.build(3, 5, **TINY).layers}
    assert {"bn_data", "conv0", "bn0", "relu0", "pooling0", "bn1", "relu1"} <= names
    assert {"stage1_unit1_sc", "stage4_unit2_conv2", "final_conv"} <= names
    parts = {"upsampling", "concat", "a_conv", "a_bn", "a_relu", "b_conv", "b_bn"}
    assert {f"decoder_stage0_{part}" for part in ("upsampling", "concat")} <= names
    assert {f"decoder_stage3{part}" for part in parts if part[1] == "_"} <= names
    assert "decoder_stage4_concat" not in names


def test_learnt_upsampling_has_its_own_layers():
    names = [
        layer.name for layer in unet.build(3, 5, upsampling="transpose", **TINY).layers
    ]
    stage = [name for name in names if name.startswith("decoder_stage1")]
    assert stage == [
        "decoder_stage1a_transpose",
        "decoder_stage1a_bn",
        "decoder_stage1a_relu",
        "decoder_stage1_concat",
        "decoder_stage1b_conv",
        "decoder_stage1b_bn",
        "decoder_stage1b_relu",
    ]


@pytest.mark.parametrize("layout", ["sm", "segformer_resnet_unet"])
def test_several_encoders_any_bands_and_any_size_go_together(layout):
    keras.utils.set_random_seed(0)
    encoder, widths = ("mit_b0", "resnet18"), (4,) * (4 if "former" in layout else 5)
    model = unet.build(
        5, 3, encoder=encoder, layout=layout, encoder_width=4, decoder_widths=widths
    )
    image = np.random.default_rng(0).normal(size=(1, 45, 30, 5)).astype("float32")
    assert model.predict_on_batch({"image": image}).shape == (1, 45, 30, 3)


def test_an_odd_size_is_a_multiple_of_32_with_its_border_repeated():
    keras.utils.set_random_seed(0)
    model = unet.build(2, 3, **TINY)
    image = np.random.default_rng(0).normal(size=(1, 50, 70, 2)).astype("float32")
    grown = np.pad(image, ((0, 0), (0, 14), (0, 26), (0, 0)), "edge")
    small, large = (model.predict_on_batch({"image": i}) for i in (image, grown))
    np.testing.assert_allclose(small, large[:, :50, :70], atol=1e-5)


def test_logits_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = unet.build(2, 3, **TINY)
    finally:
        keras.config.set_dtype_policy("float32")
    logits = model.predict_on_batch({"image": np.ones((1, 32, 40, 2), "float32")})
    assert model.output.dtype == "float32"
    assert logits.dtype == np.float32
    assert model.get_layer("conv0").compute_dtype == "bfloat16"


@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decoder_widths": (8, 8)}, "2 decoder_widths for layout 'sm'. Give five"),
        ({"layout": "segformer_unet", "decoder_widths": (8,) * 5}, "Give four"),
        ({"layout": "without_skips", "decoder_widths": ()}, "Give one or more"),
        ({"layout": "smp", "upsampling": "transpose"}, "Use layout 'sm'"),
        ({"layout": "keras"}, "layout 'keras'. Choose 'sm', 'smp', .* or 'without_"),
        ({"upsampling": "cubic"}, "Choose 'nearest' or 'transpose'"),
        ({"encoder": "resnet19"}, "Did you mean 'resnet18'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises((ValueError, LookupError), match=message):
        unet.build(3, 5, **options)
