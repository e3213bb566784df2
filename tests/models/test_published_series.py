"""With the weights of utae-paps and Crop2Seg, their answers, map by map."""

import importlib
from functools import cache

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from kerasseg.convert import tensors
from kerasseg.layers.frames import UnfoldDates

TINY = [
    "utae_tiny",
    "utae_tiny_attmean_bn",
    "utae_tiny_encoder",
    "utae_tiny_mean_instance",
    "utae_tiny_trained",
    "crop2seg_utae_tiny",
    "wtae_tiny",
    "wtae_absrel_boundary",
    "wtae_doy_dwsep_se",
    "wtae_mbconv_linear",
    "timeunet_tiny",
    "timeunet_tiny_cli",
    "timeunet_absrel_linear",
    "timeunet_doy",
]
FULL = ["utae_default", "wtae_default", "timeunet_default"]
MODELS = {"UTAE": "utae", "WTAE": "wtae", "TimeUNet_v1": "timeunet"}
RENAMED = {
    "add_squeeze_excit": "add_squeeze",
    "add_boundary_loss": "boundary_head",
}
PADDED = ("pad", "full_plus3pad", "empty_sample")
INSIDE = ("in_norm", "inconv", "encoder.positional", "attention_head", "encoder.mlp")
"""Maps inside the attention, which is computed in another way."""


def _build(published, **more):
    options = {RENAMED.get(k, k): v for k, v in published["kwargs"].items()}
    bands = options.pop("input_dim")
    *options["out_conv"], classes = options.pop("out_conv")
    use_doy, both = options.pop("use_doy", False), options.pop("use_abs_rel_enc", False)
    options["dates"] = "both" if both else "day_of_year" if use_doy else "days"
    for unused in ("num_queries", "return_maps"):
        options.pop(unused, None)
    if published["cls"] == "TimeUNet_v1":
        for unused in ("agg_mode", "use_mbconv"):
            options.pop(unused, None)
    build = importlib.import_module(f"kerasseg.models.{MODELS[published['cls']]}").build
    return build(
        bands,
        classes,
        head="published",
        return_attention=True,
        return_maps=True,
        **options | more,
    )


def _load(model, fixture, tmp_path):
    loaded = tensors.load_state(model, load_file(fixture.weights(tmp_path)))
    assert loaded.missing == ()
    if "features" in model.output:  # published models keep the head they do not use
        assert {key.partition(".")[0] for key in loaded.unused} <= {"out_conv"}
    else:
        assert loaded.unused == ()


def _output(model, block):
    """Return what the last layer of a block gives; layers are in order."""
    names = [layer.name for layer in model.layers]
    within = [n for n in names if n == block or n.startswith(f"{block}.")]
    return model.get_layer(within[-1]).output


def _map(model, name):
    """Return the map that the published code calls by this name."""
    block, _, part = name.partition("#" if "#" in name else ":")
    if block == "temporal_aggregator":
        layer = f"{block}.{part or 0}" if model.name == "utae" else block
        return model.get_layer(layer).output
    if block == "temporal_encoder":
        output = model.get_layer(block).output
        return output[int(part)] if part else output
    if block.startswith("spatial_reduction"):  # there, its dates are in one row
        observed = model.get_layer("observed")
        unfold = UnfoldDates(observed.pad_value)
        return unfold(_output(model, block), observed.output)
    return _output(model, block)


def _probe(model, names):
    """Let a model answer maps in between too."""
    maps = {name: _map(model, name) for name in names}
    for index, one in enumerate(model.output["maps"]):
        maps[f"map{index}"] = one
    ours = {"attention": "att", "features": "out", "boundary": "logits_boundary"}
    for key, output in model.output.items():
        if key != "maps":
            maps[ours.get(key, key)] = output
    return keras.Model(model.input, maps)


@pytest.fixture(scope="module")
def probe(golden, tmp_path_factory):
    """Return a function that builds a model with its maps once for all tests."""

    @cache
    def build(name, padding, **options):
        fixture, folder = golden(name), tmp_path_factory.mktemp(name)
        model = _build(fixture.meta["model"], padding=padding)
        _load(model, fixture, folder)
        made = _probe(model, _features(fixture))
        made.compile(**options)
        return model, made

    return build


def _features(fixture, cases=None):
    """Name the maps that are compared in some cases, or in any."""
    return {
        name
        for case in cases or fixture.meta["cases"]
        for name in fixture.meta["cases"][case]["features"]
        if not any(part in name for part in INSIDE)
    }


def _compare(fixture, probe, cases, by_value):
    for case in cases:
        content = fixture.meta["cases"][case]
        found = probe.predict_on_batch(fixture.series(case, by_value=by_value))
        wanted = [*content["outputs"], *_features(fixture, [case])]
        if not np.isfinite(fixture.arrays.get(f"{case}/out/logits", 0)).all():
            wanted.remove("logits")  # the published mean over no dates
            assert np.isfinite(found["logits"]).all()
        for name in wanted:
            fixture.check(case, name, found[name])


def _extra(fixture):
    """Count the weights of days that the published table of days does not have."""
    options = fixture.meta["model"]["kwargs"]
    if not (options.get("use_doy") or options.get("use_abs_rel_enc")):
        return 0
    return 2 * options["d_model"] // options["n_head"]


@pytest.mark.parametrize("name", TINY)
def test_narrow_models_answer_as_published(name, golden, probe):
    fixture, (model, probed) = golden(name), probe(name, "published")
    _compare(fixture, probed, ["pad"], by_value=True)
    if "features" not in model.output:
        trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        published = fixture.meta["parameters"]["trainable"]
        assert trainable == published + _extra(fixture)


@pytest.mark.parametrize("name", ["utae_tiny", "wtae_tiny", "timeunet_tiny"])
def test_padding_that_is_ignored_changes_no_series_without(name, golden, probe):
    _compare(golden(name), probe(name, "ignored")[1], ["full"], by_value=False)


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["ignored", "published"])
@pytest.mark.parametrize("name", TINY + FULL)
def test_models_answer_as_published_in_every_case(
    name, padding, golden, probe, briefly
):
    """Compare every case that this way of padding can meet."""
    fixture, by_value = golden(name), padding == "published"
    cases = [c for c in fixture.meta["cases"] if by_value or c not in PADDED]
    _compare(fixture, probe(name, padding, **briefly)[1], cases, by_value)
