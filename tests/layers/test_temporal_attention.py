"""The temporal attention gives the published answers, map by map."""

import json

import numpy as np
import pytest

from kerasseg.convert.tensors import load_state
from kerasseg.layers.temporal_attention import TemporalAttention

ENCODERS = {
    "utae_tiny": "down_blocks.2",
    "utae_tiny_trained": "down_blocks.1",
    "utae_tiny_attmean_bn": "down_blocks.1",
    "utae_tiny_mean_instance": "down_blocks.0",
    "crop2seg_utae_tiny": "down_blocks.1",
    "wtae_tiny": "spatial_reduction.2",
    "wtae_doy_dwsep_se": "spatial_reduction.1",
    "wtae_absrel_boundary": "spatial_reduction.2",
    "wtae_mbconv_linear": "spatial_reduction.1",
    "timeunet_tiny_cli": "in_conv",
    "timeunet_absrel_linear": "in_conv",
}
"""Fixtures, and which of their maps the temporal encoder reads."""


def _read(folder):
    from safetensors.numpy import load_file

    meta = json.loads((folder / "meta.json").read_text())
    with np.load(folder / "io.npz") as io:
        return meta, load_file(folder / "weights.safetensors"), dict(io)


def _agree(found, expected, facts):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=facts["atol"])


def _to_torch(found):
    """Give answers the published order of axes."""
    axes = {"out": (0, 3, 1, 2), "att": (1, 0, 2, 3, 4)}
    return {name: value.transpose(axes[name]) for name, value in found.items()}


@pytest.mark.parametrize("name", ["ltae2d_tiny", "ltae2d_nomodel_nope"])
def test_every_case_of_the_published_layer_agrees(shared, alone, batch, name):
    meta, published, io = _read(shared("golden", name))
    kwargs = meta["model"]["kwargs"]
    layer = TemporalAttention(
        heads=kwargs["n_head"],
        model_width=kwargs["d_model"],
        key_width=kwargs["d_k"],
        mlp=kwargs["mlp"][1:],
        dates="days" if kwargs["positional_encoding"] else "none",
        padding="published",
        name="alone",
    )
    model = alone(layer, kwargs["in_channels"])
    loaded = load_state(model, {f"alone.{k}": v for k, v in published.items()})
    assert not loaded.unused
    assert not loaded.missing
    for case, facts in meta["cases"].items():
        x = io[f"{case}/in/x"].transpose(0, 1, 3, 4, 2)
        none = np.zeros(x.shape[:2])
        days = io.get(f"{case}/in/positions", none)
        padded = io.get(f"{case}/in/pad_mask", none)
        found = _to_torch(model.predict_on_batch(batch(x, days, observed=padded == 0)))
        for output in ("out", "att"):
            expected = io[f"{case}/out/{output}"]
            _agree(found[output], expected, facts["outputs"][output])


def _dates(kwargs):
    if kwargs.get("use_abs_rel_enc"):
        return "both"
    return "day_of_year" if kwargs.get("use_doy") else "days"


def _encoder_of(meta, published, alone):
    """Build the temporal encoder of a fixture with its weights."""
    kwargs = meta["model"]["kwargs"]
    prefix = "temporal_encoder."
    published = {k: v for k, v in published.items() if k.startswith(prefix)}
    utae = "temporal_encoder.attention_heads.Q" in published
    mlp = published.get("temporal_encoder.mlp.0.weight")
    channels = published["temporal_encoder.in_norm.weight"].shape[0]
    layer = TemporalAttention(
        heads=kwargs["n_head"],
        model_width=kwargs["d_model"],
        key_width=kwargs["d_k"],
        mlp=() if mlp is None else mlp.shape[:1],
        dates=_dates(kwargs),
        linear=kwargs.get("add_linear", False),
        padding="published",
        layout="utae" if utae else "crop2seg",
        answer="attention" if mlp is None else "both",
        name="temporal_encoder",
    )
    model = alone(layer, channels)
    loaded = load_state(model, published)
    assert not loaded.unused
    assert not loaded.missing
    return model


@pytest.mark.parametrize("name", ENCODERS)
def test_the_temporal_encoder_of_every_published_model_agrees(
    shared, alone, batch, name
):
    meta, published, io = _read(shared("golden", name))
    model = _encoder_of(meta, published, alone)
    cases = [c for c in ("full", "pad") if f"{c}/feat/{ENCODERS[name]}" in io]
    assert cases
    for case in cases:
        facts = meta["cases"][case]["features"]
        positions = io[f"{case}/in/positions"]
        shape = positions.shape[:2]
        maps = io[f"{case}/feat/{ENCODERS[name]}"]
        x = maps.reshape(*shape, *maps.shape[-3:]).transpose(0, 1, 3, 4, 2)
        pad_value = meta["model"]["kwargs"].get("pad_value", 0)
        observed = (io[f"{case}/in/x"] != pad_value).any((2, 3, 4))
        days, year = positions, positions
        if positions.ndim == 3:
            days, year = positions[..., 0], positions[..., 1]
        found = _to_torch(model.predict_on_batch(batch(x, days, observed, year)))
        features = {"out": "temporal_encoder:0", "att": "temporal_encoder:1"}
        if "out" not in found:
            features = {"att": "temporal_encoder"}
        for output, feature in features.items():
            expected = io[f"{case}/feat/{feature}"]
            _agree(found[output], expected, facts[feature])
