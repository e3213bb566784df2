"""Time-Unet: its published size, its options, and pixels a few at a time."""

import keras
import numpy as np
import pytest

from kerasseg.models import timeunet

TINY = {
    "encoder_widths": (8, 16),
    "decoder_widths": None,
    "out_conv": (4,),
    "n_head": 4,
    "d_model": 16,
    "d_k": 2,
}


def _batch(model):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 3, 9, 13, 3)).astype("float32")
    batch = {"image": image, "days": np.array([[1, 59, 200], [4, 9, -1]], "int32")}
    if "day_of_year" in model.input:
        batch["day_of_year"] = np.array([[1, 59, 366], [4, 9, -1]], "int32")
    return batch


@pytest.mark.once
def test_has_the_published_number_of_parameters():
    model = timeunet.build(10, 20, head="published")
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == 1_054_044


@pytest.mark.parametrize(
    "options",
    [
        {"dates": "both", "add_linear": True, "boundary_head": True},
        {"encoder_norm": "batch", "padding": "published", "d_model": None},
        {"conv_type": "depthwise_separable", "add_squeeze": True, "remat": True},
        {"encoder_norm": "instance", "padding_mode": "circular", "pixels": None},
    ],
)
def test_options_work_together(options):
    options = TINY | {"return_maps": True, "return_attention": True} | options
    model = timeunet.build(3, 4, **options)
    found = model.predict_on_batch(_batch(model))
    assert found["logits"].shape == (2, 9, 13, 4)
    assert found["attention"].shape == (2, 4, 3, 10, 14)
    assert [one.shape for one in found["maps"]] == [(2, 5, 7, 16), (2, 10, 14, 8)]
    assert np.isfinite(found["logits"]).all()


def test_pixels_a_few_at_a_time_give_the_same_answer():
    keras.utils.set_random_seed(0)
    few, all_ = (timeunet.build(3, 4, pixels=pixels, **TINY) for pixels in (20, None))
    few.set_weights(all_.get_weights())
    one, other = (model.predict_on_batch(_batch(model)) for model in (few, all_))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.once
def test_heads_that_cannot_share_the_channels_are_refused():
    with pytest.raises(ValueError, match="timeunet: n_head 3 cannot share 8 channels"):
        timeunet.build(3, 4, **TINY | {"n_head": 3})
