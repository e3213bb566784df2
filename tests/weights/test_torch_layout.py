"""Checkpoints of torchvision and timm fill an encoder; the classifier is told of."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from kerasseg import weights
from kerasseg.models import fpn, unet
from kerasseg.weights.torch_layout import convert

TINY = {"encoder": "resnet18", "encoder_width": 4}
NAMES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "kernel": "weight",
}


def _checkpoint(prefix=""):
    """Tensors of a narrow ResNet18 with its classifier, as PyTorch would save them."""
    rng = np.random.default_rng(0)
    model = unet.build(3, 2, decoder_widths=(2,) * 5, **TINY)
    tensors = {}
    for layer in model.layers:
        if not layer.name.startswith(("decoder", "final")):
            for variable in layer.weights:
                shape = tuple(variable.shape)
                if len(shape) == 4:
                    shape = (shape[3], shape[2], *shape[:2])
                key = f"{prefix}{layer.name}.{NAMES[variable.name]}"
                tensors[key] = rng.normal(size=shape).astype("float32")
            if layer.name.rpartition(".")[2].startswith("bn"):
                key = f"{prefix}{layer.name}.num_batches_tracked"
                tensors[key] = np.array(7, "int64")
    tensors["fc.weight"] = np.zeros((10, 32), "float32")
    return tensors


@pytest.mark.parametrize("prefix", ["", "encoder.", "module.encoder."])
def test_kernels_are_turned_and_the_classifier_is_left(prefix, tmp_path):
    tensors = _checkpoint(prefix)
    save_file(tensors, tmp_path / "w.safetensors")
    model = fpn.build(3, 2, decoder_widths=(8, 8), **TINY)
    loaded = weights.load(model, tmp_path / "w.safetensors", "resnet18")
    assert loaded.unused == ("fc.weight",)
    kernel = model.get_layer("layer2.0.downsample.0").kernel
    published = tensors[f"{prefix}layer2.0.downsample.0.weight"]
    np.testing.assert_array_equal(kernel, published.transpose(2, 3, 1, 0))
    variance = model.get_layer("bn1").moving_variance
    np.testing.assert_array_equal(variance, tensors[f"{prefix}bn1.running_var"])


def test_the_first_kernel_takes_turns_over_more_bands(tmp_path):
    tensors = _checkpoint()
    save_file(tensors, tmp_path / "w.safetensors")
    model = unet.build(
        4, 2, decoder_widths=(2,) * 5, weights=str(tmp_path / "w.safetensors"), **TINY
    )
    rgb = tensors["conv1.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_allclose(
        model.get_layer("conv1").kernel, rgb[:, :, [0, 1, 2, 0]] * 0.75, rtol=1e-6
    )


def test_tensors_of_no_layer_keep_their_names():
    model = unet.build(3, 2, decoder_widths=(2,) * 5, **TINY)
    found = convert(
        {"fc.bias": np.ones(3), "bn1.num_batches_tracked": np.ones(())}, model
    )
    assert list(found) == ["fc.bias"]
