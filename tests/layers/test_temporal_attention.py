"""L-TAE gives the published answers, and padding, order and neighbours do not matter."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.backend import compile_options
from kerasseg.convert.tensors import load_state
from kerasseg.layers.temporal_attention import TemporalAttention

ENCODERS = (
    "utae_tiny",
    "utae_tiny_trained",
    "utae_tiny_attmean_bn",
    "utae_tiny_mean_instance",
    "utae_tiny_encoder",
    "crop2seg_utae_tiny",
    "wtae_tiny",
    "wtae_doy_dwsep_se",
    "wtae_absrel_boundary",
    "wtae_mbconv_linear",
    "timeunet_tiny",
    "timeunet_tiny_cli",
    "timeunet_doy",
    "timeunet_absrel_linear",
)


def _wrap(layer, channels):
    """Make a model of the layer alone, which is compiled and has named weights."""
    inputs = {
        "x": keras.Input((None, None, None, channels), name="x"),
        "days": keras.Input((None,), name="days"),
        "observed": keras.Input((None,), dtype="bool", name="observed"),
        "day_of_year": keras.Input((None,), dtype="int32", name="day_of_year"),
    }
    answer = layer(**inputs)
    names = {"both": ("out", "att"), "embedding": ("out",), "attention": ("att",)}
    answer = answer if isinstance(answer, tuple) else (answer,)
    model = keras.Model(
        inputs, dict(zip(names[layer.answer], answer, strict=True)), name="alone"
    )
    model.compile(**compile_options())
    return model


def _series(x, days, observed=None, day_of_year=None):
    if observed is None:
        observed = days != -1
    if day_of_year is None:
        day_of_year = np.where(days == -1, -1, days.astype(int) % 366 + 1)
    return {
        "x": x.astype("float32"),
        "days": days.astype("float32"),
        "observed": observed,
        "day_of_year": day_of_year.astype("int32"),
    }


def _read(folder):
    from safetensors.numpy import load_file

    meta = json.loads((folder / "meta.json").read_text())
    return meta, load_file(folder / "weights.safetensors"), np.load(folder / "io.npz")


def _agree(found, expected, atol):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=atol)


def _options(kwargs):
    return {
        "heads": kwargs["n_head"],
        "model_width": kwargs["d_model"],
        "key_width": kwargs["d_k"],
        "padding": "published",
    }


@pytest.mark.parametrize("name", ["ltae2d_tiny", "ltae2d_nomodel_nope"])
def test_every_case_of_the_published_layer_agrees(shared, name):
    meta, state, io = _read(shared("golden", name))
    kwargs = meta["model"]["kwargs"]
    layer = TemporalAttention(
        **_options(kwargs),
        mlp=kwargs["mlp"][1:],
        dates="days" if kwargs["positional_encoding"] else "none",
        name="alone",
    )
    model = _wrap(layer, kwargs["in_channels"])
    loaded = load_state(model, {f"alone.{k}": v for k, v in state.items()})
    assert not loaded.unused
    assert not loaded.missing
    for case, facts in meta["cases"].items():
        x = io[f"{case}/in/x"].transpose(0, 1, 3, 4, 2)
        none = np.zeros(x.shape[:2])
        days = io[f"{case}/in/positions"] if f"{case}/in/positions" in io else none
        padded = io[f"{case}/in/pad_mask"] if f"{case}/in/pad_mask" in io else none
        found = model.predict_on_batch(_series(x, days, observed=padded == 0))
        outputs = facts["outputs"]
        _agree(
            found["out"].transpose(0, 3, 1, 2),
            io[f"{case}/out/out"],
            outputs["out"]["atol"],
        )
        _agree(
            found["att"].transpose(1, 0, 2, 3, 4),
            io[f"{case}/out/att"],
            outputs["att"]["atol"],
        )
