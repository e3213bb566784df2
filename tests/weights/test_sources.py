"""Weights come from files, folders, and one source per encoder."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerasseg import weights
from kerasseg.models import segformer, unet
from kerasseg.weights import torch_names

TINY = {"encoder_width": 4, "decoder_widths": (4,) * 5}


@pytest.fixture(scope="module")
def hybrid():
    return unet.build(3, 2, encoder=("resnet18", "mit_b0"), **TINY)


def _tensors(model, encoder):
    """Return the tensors of one encoder of a model as PyTorch would name them."""
    from kerasseg import encoders
    from kerasseg.convert import tensors

    return {
        key: value + 1
        for key, value in tensors.state(model).items()
        if value.dtype.kind == "f" and encoders.owns(encoder, key.rpartition(".")[0])
    }


@pytest.mark.once
def test_a_folder_of_hugging_face_fills_the_encoder_for_any_bands(tmp_path):
    options = {"depths": (1, 1, 1, 1), "widths": (4, 8, 20, 32), "decoder_width": 8}
    model = segformer.build(3, 2, **options)
    state = _tensors(model, "mit_b0")
    named = {f"segformer.encoder.{key}": value for key, value in state.items()}
    save_file(named | {"classifier.bias": np.zeros(9)}, tmp_path / "model.safetensors")
    six = segformer.build(6, 2, **options)
    loaded = weights.load(six, tmp_path, "mit_b0")
    assert loaded.unused == ("classifier.bias",)
    assert all(name.startswith("decode_head") for name in loaded.missing)
    found = six.get_layer("patch_embeddings.0.proj").kernel
    rgb = state["patch_embeddings.0.proj.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_allclose(found, np.tile(rgb, (1, 1, 2, 1)) / 2, rtol=1e-6)
    key = "block.0.0.mlp.dwconv.dwconv"
    np.testing.assert_array_equal(
        six.get_layer(key).kernel, state[f"{key}.weight"].transpose(2, 3, 0, 1)
    )


@pytest.mark.once
def test_each_of_several_encoders_has_a_source_of_its_own(hybrid, tmp_path):
    for name in ("resnet18", "mit_b0"):
        save_file(_tensors(hybrid, name), tmp_path / f"{name}.safetensors")
    paths = [tmp_path / "resnet18.safetensors", tmp_path / "mit_b0.safetensors"]
    loaded = weights.load(hybrid, paths, ("resnet18", "mit_b0"))
    assert all(name.startswith(("fuse", "decoder", "final")) for name in loaded.missing)
    kernel = load_file(paths[0])["conv1.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(hybrid.get_layer("conv1").kernel, kernel)


@pytest.mark.once
def test_sources_that_do_not_fit_are_told(hybrid, tmp_path):
    names = ("resnet18", "mit_b0")
    with pytest.raises(ValueError, match="1 sources for 2 encoders"):
        weights.load(hybrid, [None], names)
    with pytest.raises(FileNotFoundError, match=r"neither model\.safetensors nor"):
        weights.load(hybrid, tmp_path, names)
    save_file(_tensors(hybrid, "resnet18"), tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="weights of resnet18 and mit_b0 are not in"):
        weights.load(hybrid, tmp_path, names)


@pytest.mark.once
@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("module.encoder.layer1.0.conv1.weight", "layer1.0.conv1.weight"),
        ("segformer.encoder.layer_norm.0.bias", "layer_norm.0.bias"),
        ("encoder.segformer.encoder.layer_norm.0.bias", "layer_norm.0.bias"),
        ("encoder.encoder.layer_norm.0.bias", "layer_norm.0.bias"),
        ("encoder.resnet_encoder.initial.1.bias", "bn1.bias"),
        ("encoder.7.0.conv1.weight", "layer4.0.conv1.weight"),
        ("decoder.decoder4.block.1.bias", "decoder4.block.1.bias"),
        ("decoder.blocks.0.conv1.0.weight", "decoder.blocks.0.conv1.0.weight"),
        ("decode_head.classifier.bias", "decode_head.classifier.bias"),
    ],
)
def test_published_names_become_ours(published, ours):
    assert torch_names.short(published) == ours
