"""The FPN of segmentation_models, to the last parameter and layer name."""

import numpy as np
import pytest

from kerasseg.models import fpn

TINY = {"encoder_width": 4, "decoder_widths": (16, 8)}


@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("encoder", "total", "trainable"),
    [
        ("preact_resnet18", 13_819_982, 13_809_736),
        ("preact_resnet50", 26_916_430, None),
    ],
)
def test_has_the_published_number_of_parameters(encoder, total, trainable):
    model = fpn.build(3, 5, encoder=encoder)
    assert model.count_params() == total
    counted = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    assert trainable in (None, counted)


def test_layers_have_the_published_names():
    model = fpn.build(3, 5, dropout=0.1, **TINY)
    decoder = [layer.name for layer in model.layers[-60:]]
    for level in (5, 4, 3, 2):
        assert f"fpn_stage_p{level}_conv" in decoder
        assert f"fpn_stage_p{level}_add" in decoder
        assert f"segm_stage{level}a_conv" in decoder
        assert f"segm_stage{level}b_relu" in decoder
    assert [n for n in decoder if "pre_conv" in n] == ["fpn_stage_p5_pre_conv"]
    enlarged = [n for n in decoder if n.startswith("upsampling")]
    assert sorted(enlarged) == [f"upsampling_stage{level}" for level in (3, 4, 5)]
    assert decoder[-8:-1] == [
        "aggregation_concat",
        "pyramid_dropout",
        "final_stage_conv",
        "final_stage_bn",
        "final_stage_relu",
        "final_upsampling",
        "head_conv",
    ]


def test_branches_can_be_summed():
    model = fpn.build(3, 5, aggregation="sum", **TINY)
    assert model.get_layer("aggregation_sum").output.shape[-1] == 8


@pytest.mark.parametrize(
    ("layout", "layer"), [("sm", "pyramid_dropout"), ("smp", "decoder.dropout")]
)
def test_dropout_leaves_whole_channels_out(layout, layer):
    narrow = {"encoder_width": 4, "decoder_widths": (16, 32)}
    model = fpn.build(2, 3, layout=layout, dropout=0.5, **narrow)
    x = np.ones((1, 4, 4, 64), "float32")
    left = np.asarray(model.get_layer(layer)(x, training=True))
    assert set(np.unique(left)) == {0, 2}
    assert (left == left[:, :1, :1]).all()
    names = [one.name for one in fpn.build(2, 3, layout=layout, **narrow).layers]
    assert layer not in names


@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decoder_widths": (8,)}, "1 decoder_widths. Give two"),
        ({"layout": "smp", "decoder_widths": (16, 24)}, "Give a multiple of 32"),
        ({"layout": "keras"}, "layout 'keras'. Choose 'sm' or 'smp'"),
        ({"aggregation": "mean"}, "aggregation 'mean'. Choose 'concat' or 'sum'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fpn.build(3, 5, encoder_width=4, **options)
