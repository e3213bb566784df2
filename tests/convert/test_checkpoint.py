"""Published checkpoints answer as published, once converted, and come back."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerasseg import artifact
from kerasseg.convert import checkpoint, heads, tensors
from kerasseg.models import utae
from kerasseg.weights.torch_archive import read_archive

FIXTURES = {
    "utae": ("utae_checkpoint_tiny", "utae_tiny_trained"),
    "timeunet": ("timeunet_checkpoint_tiny", "timeunet_tiny_cli"),
}
TINY = {
    "encoder_widths": [4, 4],
    "decoder_widths": None,
    "out_conv": [3],
    "n_head": 2,
    "d_model": 4,
    "d_k": 2,
}


@pytest.fixture(scope="module", params=FIXTURES)
def converted(request, shared, tmp_path_factory):
    """Convert a checkpoint; return its name, the file and what it answers."""
    name = request.param
    folder, same = FIXTURES[name]
    source = shared("golden", folder)
    destination = tmp_path_factory.mktemp(name) / "model.keras"
    done = checkpoint.run(
        name,
        source / "model.pth.tar",
        source / "conf.json",
        destination,
        padding="published",
    )
    return name, source, shared("golden", same), done


def test_it_answers_as_published(converted):
    _, _, same, done = converted
    arrays = np.load(same / "io.npz")
    meta = json.loads((same / "meta.json").read_text())
    model = artifact.load(done.destination)
    for case, content in meta["cases"].items():
        series = {
            "image": arrays[f"{case}/in/x"].transpose(0, 1, 3, 4, 2),
            "days": arrays[f"{case}/in/positions"].astype("int32"),
        }
        np.testing.assert_allclose(
            model.predict_on_batch(series).transpose(0, 3, 1, 2),
            arrays[f"{case}/out/logits"],
            rtol=1e-4,
            atol=content["outputs"]["logits"]["atol"],
        )


def test_it_holds_every_tensor_and_comes_back(converted, tmp_path):
    _, source, _, done = converted
    published = read_archive(source / "model.pth.tar")
    conf = json.loads((source / "conf.json").read_text())
    assert done.num_tensors == len(published)
    assert done.num_parameters == conf["N_params"]
    back = tmp_path / "back.pth.tar"
    checkpoint.back(done.destination, back, None)
    found = read_archive(back)
    assert set(found) == set(published)
    for key, tensor in published.items():
        if not key.endswith("num_batches_tracked"):
            np.testing.assert_array_equal(found[key], tensor, strict=True)


@pytest.mark.slow
def test_a_checkpoint_of_full_size_answers_as_published(shared, tmp_path):
    source, same = (
        shared("golden", "utae_checkpoint_default"),
        shared("golden", "utae_default"),
    )
    destination = tmp_path / "model.keras"
    done = checkpoint.run(
        "utae", source / "model.pth.tar", source / "conf.json", destination
    )
    assert done.num_parameters == 1_087_260
    model = artifact.load(destination)
    assert artifact.legend(model).names[1] == "Meadow"
    assert artifact.bands(model)[0] == "B02"
    state = tensors.state(model)
    for key, tensor in load_file(same / "weights.safetensors").items():
        if not key.endswith("num_batches_tracked"):
            np.testing.assert_array_equal(state[key], tensor, err_msg=key)


@pytest.fixture
def tiny(tmp_path):
    """A small U-TAE with its configuration, as a safetensors file."""
    widths = {**TINY, "out_conv": ()}
    model = utae.build(2, 3, **widths, head="published")
    rng = np.random.default_rng(0)
    state = {
        key: rng.uniform(0.5, 1, value.shape).astype(value.dtype)
        for key, value in tensors.state(model).items()
    }
    save_file(state, tmp_path / "w.safetensors")
    conf = {"model": "utae", "input_dim": 2, **TINY}
    (tmp_path / "conf.json").write_text(json.dumps(conf))
    norm = {f"Fold_{k}": {"mean": [k, 2], "std": [1, 4]} for k in range(1, 6)}
    (tmp_path / "NORM_S2_patch.json").write_text(json.dumps(norm))
    return tmp_path


def test_normalisation_becomes_the_first_layer(tiny):
    parts = "utae", tiny / "w.safetensors", tiny / "conf.json"
    plain = checkpoint.run(*parts, tiny / "plain.keras")
    norm = tiny / "NORM_S2_patch.json"
    normal = checkpoint.run(*parts, tiny / "normal.keras", norm=norm, fold=1)
    plain, normal = (artifact.load(done.destination) for done in (plain, normal))
    rng = np.random.default_rng(0)
    image = rng.normal(size=(1, 2, 8, 8, 2)).astype("float32")
    days = np.array([[3, 90]], "int32")
    stored = image * [1, 4] + [2, 2]  # folds 1, 2 and 3 have the mean 2
    expected = plain.predict_on_batch({"image": image, "days": days})
    found = normal.predict_on_batch({"image": stored, "days": days})
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_plain_logits_go_back_as_a_published_head(tmp_path):
    widths = {**TINY, "out_conv": (4,)}
    plain = utae.build(2, 3, **widths)
    model = artifact.assemble(
        plain, ("a", "b"), [0, 0], [1, 1], checkpoint.data.legend(3)
    )
    path = artifact.save(model, tmp_path / "model.keras")
    checkpoint.back(path, tmp_path / "back.pth.tar", "crop2seg")
    state = read_archive(tmp_path / "back.pth.tar")
    assert "temporal_encoder.attention_head.Q" in state
    published = utae.build(2, 3, **widths, head="published")
    loaded = tensors.load_state(published, state)
    assert (loaded.unused, loaded.missing) == ((), ())
    rng = np.random.default_rng(0)
    series = {
        "image": rng.normal(size=(1, 2, 8, 8, 2)).astype("float32"),
        "days": np.array([[3, 90]], "int32"),
    }
    found = published.predict_on_batch(series)
    np.testing.assert_allclose(
        found, plain.predict_on_batch(series) + 100, rtol=0, atol=1e-4
    )


@pytest.mark.once
def test_plain_logits_after_inverted_residuals_have_no_way_back(tmp_path):
    state = {
        "in_conv.conv.conv.0.0.0.0.0.weight": np.zeros((8, 2, 1, 1), "float32"),
        "out_conv.conv.conv.1.weight": np.zeros((4, 4, 3, 3), "float32"),
    }
    with pytest.raises(ValueError, match="ends in plain logits"):
        heads.published(state, tmp_path / "model.keras")


@pytest.mark.once
def test_a_model_that_answers_nonsense_is_not_written(tiny):
    state = load_file(tiny / "w.safetensors")
    state["temporal_encoder.mlp.1.running_var"][:] = -1
    save_file(state, tiny / "w.safetensors")
    with pytest.raises(ValueError, match="answers numbers that are not finite"):
        checkpoint.run(
            "utae", tiny / "w.safetensors", tiny / "conf.json", tiny / "model.keras"
        )
    assert {path.name for path in tiny.iterdir()} == {
        "w.safetensors",
        "conf.json",
        "NORM_S2_patch.json",
    }
