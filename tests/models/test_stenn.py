"""STENN: the published answers and training, and what we promise beyond them."""

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from kerasseg import losses
from kerasseg.backend import compile_options
from kerasseg.convert import tensors
from kerasseg.layers.dates import sinusoid
from kerasseg.layers.temporal_transformer import TemporalTransformer
from kerasseg.models import stenn

PUBLISHED = {"head": "published", "padding": "published"}
SMALL = {
    "encoder_widths": (4, 8),
    "dilation_rates": ((1, 2), (2, 4)),
    "out_widths": (8,),
    "num_heads": 2,
    "dim_feedforward": 16,
}
WIDTHS = (16, 32, 32, 64)


def _build(fixture, tmp_path, **more):
    published = fixture.meta["model"]
    options = dict(published["kwargs"])
    options.pop("batch_row", None)
    model = stenn.build(
        options.pop("input_dim"),
        options.pop("num_classes"),
        dense=published["cls"] != "STENN_NoDense",
        transformer=published["cls"] != "STENN_NoTransformer",
        **options,
        **more,
    )
    loaded = tensors.load_state(model, load_file(fixture.weights(tmp_path)))
    assert (loaded.unused, loaded.missing) == ((), ())
    return model


def _trainable(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_weights)


def _compiled(model, **more):
    model.compile(**compile_options() | more)
    return model


def _probe(model, fixture, options):
    """Let a model answer its maps too: of blocks, with waves, and of all dates."""
    maps = {"logits": model.output}
    encoded = model.get_layer("conv_blocks").output
    begin = 0
    for block, width in enumerate(fixture.meta["model"]["kwargs"]["encoder_widths"]):
        maps[f"conv_blocks.{block}"] = encoded[..., begin : begin + width]
        begin += width
    if "transformer_encoder" in [layer.name for layer in model.layers]:
        pooled = model.get_layer("transformer_encoder")
        unpooled = {"pool": False, "name": "all_dates"}
        whole = TemporalTransformer.from_config(pooled.get_config() | unpooled)
        maps["transformer_encoder"] = whole(encoded, model.input["days"])
        whole.set_weights(pooled.get_weights())
    return _compiled(keras.Model(model.input, maps), **options)


def _check_maps(fixture, case, found, days):
    names = fixture.meta["cases"][case]["features"]
    if "position_embedding" in names:
        encoded = [found[n] for n in sorted(found) if n.startswith("conv_blocks")]
        encoded = np.concatenate(encoded, -1)
        waves = sinusoid(days.astype("float32"), encoded.shape[-1], 10_000)
        waves = keras.ops.convert_to_numpy(waves)[:, :, None, None]
        fixture.check(case, "position_embedding", encoded + waves)
    for name in [n for n in names if n.startswith("conv_blocks")]:
        fixture.check(case, name, found[name])
    rows = fixture.meta["model"]["kwargs"].get("batch_row", 1)
    for name in [n for n in names if n.startswith("transformer_encoder#")]:
        series = found["transformer_encoder"]  # (B, T, H, W, C)
        blocks = -(-series.shape[2] // rows)
        sample, block = divmod(int(name.partition("#")[2]), blocks)
        part = series[sample, :, block * rows : (block + 1) * rows]
        np.testing.assert_allclose(
            part.reshape(part.shape[0], -1, part.shape[-1]),
            fixture.arrays[f"{case}/feat/{name}"],
            rtol=1e-4,
            atol=fixture.meta["cases"][case]["features"][name]["atol"],
            err_msg=name,
        )


def _compare(fixture, tmp_path, padding, cases, **options):
    model = _build(fixture, tmp_path, head="published", padding=padding)
    assert _trainable(model) == fixture.meta["parameters"]["trainable"]
    probe = _probe(model, fixture, options)
    for case in cases or fixture.meta["cases"]:
        batch = fixture.series(case, by_value=padding == "published")
        found = probe.predict_on_batch(batch)
        fixture.check(case, "logits", found["logits"])
        _check_maps(fixture, case, found, batch["days"])


TINY = ["stenn_tiny", "stenn_nodense_tiny", "stenn_notransformer_tiny"]


@pytest.mark.parametrize("name", ["stenn_tiny", "stenn_notransformer_tiny"])
def test_narrow_models_answer_as_published(name, golden, tmp_path):
    _compare(golden(name), tmp_path, "published", ["pad"])


def test_padding_that_is_ignored_changes_no_series_without(golden, tmp_path):
    _compare(golden("stenn_tiny"), tmp_path, "ignored", ["full"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TINY, "stenn_default"])
def test_models_answer_as_published_in_every_case(name, golden, tmp_path, briefly):
    fixture = golden(name)
    _compare(fixture, tmp_path, "published", None, **briefly)
    cases = [case for case in fixture.meta["cases"] if case != "pad"]
    _compare(fixture, tmp_path, "ignored", cases, **briefly)


def _trained(golden, tmp_path, optimizer, **more):
    """Build the model of the training fixture, and give its batch."""
    fixture = golden("stenn_tiny")
    model = _build(fixture, tmp_path, dropout=0.0, **PUBLISHED)
    model.compile(optimizer, losses.cross_entropy, **compile_options() | more)
    label = fixture.arrays["train/in/target"]
    last = fixture.meta["model"]["kwargs"]["num_classes"] - 1  # its weight is zero
    label = np.where(label == last, 255, label)
    batch = fixture.series("train", by_value=True)
    return fixture, model, batch, label.astype("uint8")


def test_gradients_and_statistics_are_the_published_ones(golden, tmp_path):
    step = keras.optimizers.SGD(1.0)  # weights move by their gradient
    fixture, model, batch, label = _trained(golden, tmp_path, step)
    before = tensors.state(model)
    loss = model.train_on_batch(batch, label)
    np.testing.assert_allclose(loss, fixture.meta["train"]["loss"], rtol=1e-5)
    after = tensors.state(model)
    for name in fixture.meta["train"]["grads"]:
        wanted = fixture.arrays[f"train/grad/{name}"]
        error = np.linalg.norm(before[name] - after[name] - wanted)
        assert error < 2e-4 * np.linalg.norm(wanted) + 2e-6, name
    for key in fixture.arrays:
        name = key.removeprefix("train/buffers_after_1_forward/")
        if name != key and "running" in name:
            np.testing.assert_allclose(
                after[name], fixture.arrays[key], rtol=1e-4, atol=1e-6, err_msg=name
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_training_is_the_published_one(name, golden, tmp_path, briefly):
    optimizer = {
        "sgd": keras.optimizers.SGD(0.05),
        "adam": keras.optimizers.Adam(1e-3, epsilon=1e-8),
    }[name]
    trained = _trained(golden, tmp_path, optimizer, **briefly)
    fixture, model, batch, label = trained
    found = [float(model.train_on_batch(batch, label)) for _ in range(5)]
    wanted = fixture.arrays[f"train/out/{name}_losses"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.once
@pytest.mark.usefixtures("without_values")
@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 446_908),
        ({"dense": False}, 403_132),
        ({"transformer": False}, 288_684),
        ({"strided": True, "dim_feedforward": 128}, 400_892),
        ({"num_layers": 2}, 605_132),
        ({"num_layers": 3}, 763_356),
        ({"encoder_widths": (16, 32, 64, 128), "dim_feedforward": 512}, 1_205_564),
    ],
)
def test_has_the_published_number_of_parameters(options, count):
    model = stenn.build(10, 20, **PUBLISHED, **options)
    assert _trainable(model) == count


def _batch(dates=4, size=(9, 11), bands=3):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, dates, *size, bands)).astype("float32")
    days = np.sort(rng.choice(380, (2, dates), replace=False), axis=1)
    return {"image": image, "days": days.astype("int32")}


@pytest.mark.parametrize(
    "options",
    [{}, {"transformer": False}, {"strided": True, "encoder_norm": "batch"}],
    ids=["default", "no transformer", "strided"],
)
def test_padded_dates_change_nothing(options):
    model = _compiled(stenn.build(3, 5, **SMALL | options))
    batch = _batch()
    garbage = np.full((2, 3, 9, 11, 3), 7.0, "float32")
    longer = {
        "image": np.concatenate([batch["image"], garbage], axis=1),
        "days": np.concatenate([batch["days"], np.full((2, 3), -1, "int32")], axis=1),
    }
    found, wanted = (model.predict_on_batch(b) for b in (longer, batch))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_padded_dates_change_nothing_in_training():
    batch = _batch()
    label = np.random.default_rng(0).integers(5, size=(2, 9, 11)).astype("uint8")
    padded = {
        "image": np.pad(batch["image"], ((0, 0), (0, 3), (0, 0), (0, 0), (0, 0))),
        "days": np.pad(batch["days"], ((0, 0), (0, 3)), constant_values=-1),
    }
    ends = []
    for series in (batch, padded):
        keras.utils.set_random_seed(0)
        model = stenn.build(3, 5, dropout=0.0, encoder_norm="batch", **SMALL)
        model.compile(
            keras.optimizers.SGD(0.1), losses.cross_entropy, **compile_options()
        )
        model.train_on_batch(series, label)
        ends.append(model.get_weights())
    for found, wanted in zip(*ends, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("dropout", "some"), [(0.0, 3), pytest.param(0.3, 1000, marks=pytest.mark.slow)]
)
def test_chunks_change_memory_and_nothing_else(dropout, some):
    batch = _batch()
    label = np.random.default_rng(0).integers(5, size=(2, 9, 11)).astype("uint8")
    ends = []
    for few in (None, some):
        keras.utils.set_random_seed(0)
        model = stenn.build(3, 5, dropout=dropout, frames=few, pixels=few, **SMALL)
        model.compile(
            keras.optimizers.SGD(0.1), losses.cross_entropy, **compile_options()
        )
        model.train_on_batch(batch, label)
        ends.append(model.get_weights())
    for found, wanted in zip(*ends, strict=True):
        np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("strided", [False, True])
def test_a_tiny_image_gets_logits_too(strided):
    model = _compiled(stenn.build(3, 5, strided=strided, **SMALL))
    logits = model.predict_on_batch(_batch(size=(1, 3)))
    assert logits.shape == (2, 1, 3, 5)
    assert np.isfinite(logits).all()


def test_days_beyond_the_published_table_are_known():
    model = _compiled(stenn.build(3, 5, **SMALL))
    batch = _batch()
    late = batch | {"days": batch["days"] + 500}
    early, late = (model.predict_on_batch(b) for b in (batch, late))
    assert np.isfinite(late).all()
    assert np.abs(early - late).max() > 1e-3


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dilation_rates": ((1,),)}, "2 encoder_widths but 1 dilation_rates"),
        ({"num_heads": 5}, "num_heads 5 cannot share 12 channels"),
        ({"encoder_widths": (4, 6)}, "multiples of 4"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        stenn.build(3, 5, **SMALL | options)
