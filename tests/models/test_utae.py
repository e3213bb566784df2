"""U-TAE: its published size, its options, and training that padding does not touch."""

import itertools

import keras
import numpy as np
import pytest

from kerasseg.backend import compile_options
from kerasseg.models import utae

TINY = {
    "encoder_widths": (8, 16),
    "decoder_widths": None,
    "out_conv": (4,),
    "n_head": 4,
    "d_model": 16,
    "d_k": 2,
}


def _series(samples=2, size=8, bands=3):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(samples, 4, size, size, bands)).astype("float32")
    days = np.sort(rng.choice(360, size=(samples, 4), replace=False), axis=1)
    return {"image": image, "days": days.astype("int32")}


def _trainable(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


@pytest.mark.once
@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize("norm", ["group", "batch"])
def test_has_the_published_number_of_parameters(norm):
    model = utae.build(10, 20, encoder_norm=norm, head="published")
    assert _trainable(model) == 1_087_260


@pytest.mark.once
@pytest.mark.usefixtures("without_values")
def test_plain_logits_do_without_the_last_normalisation():
    assert _trainable(utae.build(10, 20)) == 1_087_260 - 2 * 20


CHOICES = {
    "agg_mode": ("att_mean", "mean"),
    "encoder_norm": ("batch", "instance", "none"),
    "padding_mode": ("zeros", "replicate", "circular"),
    "conv_type": ("depthwise_separable",),
    "use_mbconv": (True,),
    "add_squeeze": (True,),
    "boundary_head": (True,),
    "add_linear": (True,),
    "dates": ("day_of_year", "both"),
    "d_model": (None,),
    "head": ("published",),
    "padding": ("published",),
    "init": ("published",),
    "out_conv": ((), (8, 4)),
}
MIXED = [
    dict(zip(CHOICES, values, strict=True))
    for values in itertools.islice(
        zip(*(itertools.cycle(choice) for choice in CHOICES.values()), strict=True), 3
    )
]
STEPS = [
    {"str_conv_k": k, "str_conv_s": s, "str_conv_p": p}
    for k, s, p in [(2, 2, 0), (6, 2, 2), (6, 4, 1), (3, 1, 1)]
]


@pytest.mark.once
@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    "options",
    [{k: v} for k, choice in CHOICES.items() for v in choice] + STEPS,
    ids=str,
)
def test_every_option_builds_a_model_that_keeps_the_size(options):
    model = utae.build(3, 4, **TINY | options)
    outputs = (
        model.output if isinstance(model.output, dict) else {"logits": model.output}
    )
    assert outputs["logits"].shape == (None, None, None, 4)
    assert ("boundary" in outputs) == ("boundary_head" in options)


@pytest.mark.parametrize("options", [*MIXED, *STEPS[1:]])
def test_options_work_together(options):
    if options.get("use_mbconv"):
        options = options | {"boundary_head": False}  # two classes are not four groups
    model = utae.build(3, 4, return_attention=True, return_maps=True, **TINY | options)
    batch = _series()
    if "day_of_year" in model.input:
        batch["day_of_year"] = np.array([[1, 59, 200, 366]] * 2, "int32")
    found = model.predict_on_batch(batch)
    assert found["logits"].shape == (2, 8, 8, 4)
    assert found["attention"].shape[:3] == (2, 4, 4)
    assert [one.shape[-1] for one in found["maps"]] == [16, 8]
    assert all(np.isfinite(one).all() for one in found["maps"])


@pytest.mark.parametrize("head", ["plain", "published"])
def test_logits_are_float32_under_mixed_precision(head):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = utae.build(3, 4, head=head, **TINY)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("in_conv.conv.conv.0").compute_dtype == "bfloat16"
    logits = model.predict_on_batch(_series())
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


def test_an_encoder_answers_features_and_maps():
    model = utae.build(3, 4, encoder=True, **TINY)
    found = model.predict_on_batch(_series(size=11))
    assert set(found) == {"features", "maps"}
    assert found["features"].shape == (2, 11, 11, 8)


@pytest.mark.slow
def test_batch_statistics_in_training_leave_padded_dates_out():
    keras.utils.set_random_seed(0)
    options = {"encoder_norm": "batch", "dropout": 0.0, "attention_dropout": 0.0}
    model = utae.build(3, 4, **TINY, **options)
    start = model.get_weights()
    series = _series()
    padded = {
        "image": np.pad(series["image"], ((0, 0), (0, 3), *[(0, 0)] * 3)) + 0.0,
        "days": np.pad(series["days"], ((0, 0), (0, 3)), constant_values=-1),
    }
    labels = np.random.default_rng(1).integers(4, size=(2, 8, 8))
    ends = []
    for batch in (series, padded):
        model.set_weights(start)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, **compile_options())
        model.train_on_batch(batch, labels)
        ends.append(model.get_weights())
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.slow
def test_rematerialised_blocks_learn_the_same(tmp_path):
    options = TINY | {"dropout": 0.0, "attention_dropout": 0.0}
    keras.utils.set_random_seed(0)
    models = [utae.build(3, 4, remat=remat, **options) for remat in (False, True)]
    models[1].set_weights(models[0].get_weights())
    labels = np.random.default_rng(1).integers(4, size=(2, 8, 8))
    losses = []
    for model in models:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1), loss, **compile_options())
        losses.append([model.train_on_batch(_series(), labels) for _ in range(3)])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    models[1].save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    before, after = (m.predict_on_batch(_series()) for m in (models[1], loaded))
    np.testing.assert_array_equal(before, after)


@pytest.mark.once
def test_the_published_start_is_as_wide_as_published():
    keras.utils.set_random_seed(0)
    model = utae.build(10, 20, init="published", head="published")

    def spread(layer, variable):
        found = [v for v in model.get_layer(layer).weights if v.name == variable]
        return float(np.std(keras.ops.convert_to_numpy(found[0])))

    glorot = (2 / (9 * 128)) ** 0.5
    assert spread("in_conv.conv.conv.3", "kernel") == pytest.approx(glorot, rel=0.05)
    assert spread("down_blocks.2.conv2.conv.0", "bias") == pytest.approx(1, rel=0.3)
    assert spread("down_blocks.2.conv2.conv.1", "gamma") == 0  # group normalisation
    assert spread("up_blocks.0.up.1", "gamma") == pytest.approx(1, rel=0.3)
    assert spread("temporal_encoder", "inconv.kernel") == pytest.approx(1, rel=0.05)
    assert spread("temporal_encoder", "attention_heads.Q") == pytest.approx(
        0.5**0.5, rel=0.3
    )


@pytest.mark.once
@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decoder_widths": (8,)}, "2 encoder_widths but 1 decoder_widths"),
        ({"decoder_widths": (8, 8)}, "end differently"),
        ({"str_conv_k": 3}, "Choose str_conv_k = str_conv_s"),
        ({"n_head": 3}, "n_head 3 cannot share 16 channels"),
        ({"encoder_widths": (6, 16)}, "cannot share 6 channels"),
        ({"encoder_widths": (6, 16), "agg_mode": "mean"}, "Give multiples of 4"),
        ({"remat": True, "encoder_norm": "batch"}, "counted twice"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        utae.build(3, 4, **TINY | options)
