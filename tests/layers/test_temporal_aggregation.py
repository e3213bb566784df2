"""Series of maps become one map, each date weighed as published."""

import json

import keras
import numpy as np
import pytest

from kerasseg.backend import compile_options
from kerasseg.layers import temporal_aggregation
from kerasseg.layers.temporal_aggregation import TemporalAggregation

SKIPS = {
    "utae_tiny": ["down_blocks.1", "down_blocks.0", "in_conv"],
    "utae_tiny_trained": ["down_blocks.0", "in_conv"],
    "utae_tiny_attmean_bn": ["down_blocks.0", "in_conv"],
    "utae_tiny_mean_instance": ["in_conv"],
    "crop2seg_utae_tiny": ["down_blocks.0", "in_conv"],
    "wtae_tiny": ["in_conv"],
    "wtae_absrel_boundary": ["in_conv"],
}
"""Fixtures, and which of their maps are aggregated, in the published order."""


def _model(mode, channels, heads):
    inputs = {
        "x": keras.Input((None, None, None, channels), name="x"),
        "attention": keras.Input((heads, None, None, None), name="attention"),
        "observed": keras.Input((None,), dtype="bool", name="observed"),
    }
    model = keras.Model(inputs, TemporalAggregation(mode)(**inputs))
    model.compile(**compile_options())
    return model


def _apply(mode, x, attention, observed):
    model = _model(mode, x.shape[-1], attention.shape[1])
    inputs = {"x": x, "attention": attention, "observed": observed}
    return model.predict_on_batch(inputs)


@pytest.mark.parametrize("name", SKIPS)
def test_the_aggregator_of_every_published_model_agrees(shared, name):
    folder = shared("golden", name)
    meta = json.loads((folder / "meta.json").read_text())
    kwargs = meta["model"]["kwargs"]
    mode = kwargs.get("agg_mode", "att_group")
    with np.load(folder / "io.npz") as file:
        io = dict(file)
    compared = 0
    for case in ("full", "pad"):
        attention = io.get(
            f"{case}/feat/temporal_encoder:1", io.get(f"{case}/feat/temporal_encoder")
        )
        for level, skip in enumerate(SKIPS[name]):
            feature = f"temporal_aggregator#{level}"
            if len(SKIPS[name]) == 1:
                feature = "temporal_aggregator"
            if f"{case}/feat/{skip}" not in io:
                continue
            observed = (io[f"{case}/in/x"] != kwargs.get("pad_value", 0)).any((2, 3, 4))
            found = _apply(
                mode,
                io[f"{case}/feat/{skip}"].transpose(0, 1, 3, 4, 2),
                attention.transpose(1, 0, 2, 3, 4),
                observed,
            )
            np.testing.assert_allclose(
                found.transpose(0, 3, 1, 2),
                io[f"{case}/feat/{feature}"],
                rtol=1e-4,
                atol=meta["cases"][case]["features"][feature]["atol"],
            )
            compared += 1
    assert compared


def _enlarge(weight, height, width):
    """Interpolate `(..., h, w)` bilinearly, pixels being squares."""
    for axis, size in ((-2, height), (-1, width)):
        old = weight.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        high, share = np.minimum(low + 1, old - 1), at - low
        if axis == -2:
            share = share[:, None]
        below, above = weight.take(low, axis), weight.take(high, axis)
        weight = below * (1 - share) + above * share
    return weight


@pytest.fixture
def series():
    """Return maps of three dates, attention of 2 heads, and which dates are real."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 8, 12, 6)).astype("float32")
    attention = rng.uniform(size=(2, 2, 3, 2, 3)).astype("float32")
    return x, attention, np.array([[True, True, True], [True, True, False]])


@pytest.mark.parametrize("size", [(8, 12), (4, 6), (2, 3), (6, 9), (7, 10)])
def test_each_head_weighs_its_own_channels(series, size):
    x, attention, observed = series
    x = x[:, :, : size[0], : size[1]]
    weight = _enlarge(attention.astype("float64"), *size)
    weight = weight * observed[:, None, :, None, None]
    expected = np.concatenate(
        [
            (x[..., 3 * h : 3 * h + 3] * weight[:, h, ..., None]).sum(1)
            for h in range(2)
        ],
        -1,
    )
    found = _apply("att_group", *(x, attention, observed))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_large_maps_are_summed_a_few_rows_at_a_time(series, monkeypatch):
    expected = _apply("att_group", *series)
    monkeypatch.setattr(temporal_aggregation, "_VALUES_AT_ONCE", 1300)  # three rows
    found = _apply("att_group", *series)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_maps_smaller_than_the_attention_get_its_average(series):
    x, _, observed = series
    attention = np.random.default_rng(1).uniform(size=(2, 2, 3, 16, 24))
    blocks = attention.reshape(2, 2, 3, 8, 2, 12, 2).mean((4, 6)).astype("float32")
    expected = _apply("att_group", x, blocks, observed)
    found = _apply("att_group", x, attention.astype("float32"), observed)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["att_group", "att_mean", "mean"])
def test_padded_dates_weigh_nothing(series, mode):
    x, attention, observed = series
    found = _apply(mode, x, attention, observed)
    alone = _apply(mode, x[1:, :2], attention[1:, :, :2], observed[1:, :2])
    np.testing.assert_allclose(found[1:], alone, rtol=1e-4, atol=1e-5)


def test_the_mean_of_no_dates_is_zero(series):
    x, attention, observed = series
    assert not _apply("mean", x, attention, np.zeros_like(observed)).any()


@pytest.mark.once
def test_channels_must_be_multiples_of_the_heads():
    with pytest.raises(ValueError, match="6 channels for 4 heads"):
        _model("att_group", 6, 4)
