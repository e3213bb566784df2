"""`conf.json`, as the training scripts write it, gives the options of our builders."""

import json

import pytest

from kerasseg.convert import conf

pytestmark = pytest.mark.once


@pytest.fixture
def read(tmp_path):
    """Return a function from arguments of a training to what is read of them."""

    def write_and_read(name, **arguments):
        (tmp_path / "conf.json").write_text(json.dumps(arguments))
        return conf.read(tmp_path / "conf.json", name)

    return write_and_read


def test_lists_may_be_texts(read):
    lists = {"encoder_widths": [64, 128], "decoder_widths": [32, 128], "out_conv": [9]}
    texts = {key: str(value) for key, value in lists.items()}
    assert read("utae", **lists) == read("utae", **texts)
    found = read("utae", **lists)
    assert found.num_classes == 9
    assert found.options["out_conv"] == []
    assert found.options["encoder_widths"] == [64, 128]


def test_what_is_not_said_is_as_published(read):
    found = read("utae", model="utae", fold=3)
    assert (found.bands, found.num_classes, found.run) == (10, 20, 3)
    assert found.options["out_conv"] == [32]
    found = read("stenn", model="stenn", input_channel=4, num_classes=7)
    assert (found.bands, found.num_classes) == (4, 7)
    assert found.options == {}


@pytest.mark.parametrize(
    ("flags", "dates"),
    [
        ({}, "days"),
        ({"use_doy": True}, "day_of_year"),
        ({"use_abs_rel_enc": True}, "both"),
        ({"use_abs_rel_enc": True, "use_doy": True}, "both"),
    ],
)
def test_flags_choose_the_encoding_of_dates(flags, dates, read):
    assert read("wtae", **flags).options["dates"] == dates


def test_options_of_crop2seg_are_kept(read):
    found = read(
        "wtae",
        input_dim=11,
        out_conv="[32, 15]",
        conv_type="depthwise_separable",
        add_squeeze=True,
        add_linear=True,
        add_boundary_loss=True,
        encoder_norm=None,
        decoder_widths=None,
        num_queries=1,
    )
    assert (found.bands, found.num_classes) == (11, 15)
    assert found.options == {
        "conv_type": "depthwise_separable",
        "add_squeeze": True,
        "add_linear": True,
        "boundary_head": True,
        "encoder_norm": "none",
        "decoder_widths": None,
        "dates": "days",
        "out_conv": [32],
    }


def test_what_a_model_does_not_use_is_left_out(read):
    found = read("timeunet", agg_mode="att_mean", use_mbconv=False)
    assert not {"agg_mode", "use_mbconv"} & set(found.options)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("stenn_nodense", {"dense": False}),
        ("stenn_notransformer", {"transformer": False}),
        ("vgg", {"strided": True, "dim_feedforward": 128}),
    ],
)
def test_variants_of_stenn_are_options(model, options, read):
    assert read("stenn", model=model).options == options
