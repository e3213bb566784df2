"""W-TAE: its published size, its names, and its options."""

import numpy as np
import pytest

from kerasseg.convert import names
from kerasseg.models import wtae

TINY = {
    "encoder_widths": (8, 16),
    "decoder_widths": None,
    "out_conv": (4,),
    "n_head": 4,
    "d_model": 16,
    "d_k": 2,
}


@pytest.mark.once
def test_has_the_published_number_of_parameters():
    model = wtae.build(10, 20, head="published")
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == 1_115_612


@pytest.mark.once
def test_the_branch_that_finds_the_attention_is_always_separable():
    keys = names.places(wtae.build(3, 4, **TINY))
    assert "spatial_reduction.0.down.conv.0.depthwise.weight" in keys
    assert "down_blocks.0.down.conv.0.weight" in keys


@pytest.mark.parametrize(
    "options",
    [
        {"agg_mode": "att_mean", "dates": "both", "boundary_head": True},
        {"agg_mode": "mean", "add_squeeze": True, "remat": True},
        {"use_mbconv": True, "encoder_norm": "batch", "padding": "published"},
        {"conv_type": "depthwise_separable", "encoder_norm": "none", "d_model": None},
    ],
)
def test_options_work_together(options):
    model = wtae.build(3, 4, return_maps=True, return_attention=True, **TINY | options)
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 3, 9, 13, 3)).astype("float32")
    batch = {"image": image, "days": np.array([[1, 59, 200], [4, 9, -1]], "int32")}
    if "day_of_year" in model.input:
        batch["day_of_year"] = np.array([[1, 59, 366], [4, 9, -1]], "int32")
    found = model.predict_on_batch(batch)
    assert found["logits"].shape == (2, 9, 13, 4)
    assert found["attention"].shape == (2, 4, 3, 5, 7)
    assert [one.shape for one in found["maps"]] == [(2, 5, 7, 16), (2, 10, 14, 8)]
    assert np.isfinite(found["logits"]).all()


@pytest.mark.once
def test_heads_that_cannot_share_the_channels_are_refused():
    with pytest.raises(ValueError, match="wtae: n_head 3 cannot share 16 channels"):
        wtae.build(3, 4, **TINY | {"n_head": 3})
