"""Files of the old Keras load by the names of their layers."""

import h5py
import keras
import numpy as np
import pytest

from kerasseg import weights
from kerasseg.models import unet
from kerasseg.weights.legacy_h5 import read_h5

TINY = {"encoder_width": 4, "decoder_widths": (8, 8, 8, 8, 8)}
AUTOMATIC = ["zero_padding2d_17", "add_9"]


def _published(bands=3):
    """Tensors as classification_models publishes them, by layer and variable."""
    model = unet.build(bands, 2, **TINY)
    rng = np.random.default_rng(0)
    return {
        layer.name: {
            v.name: rng.uniform(0.5, 1, tuple(v.shape)).astype("float32")
            for v in layer.weights
        }
        for layer in model.layers
        if layer.weights and not layer.name.startswith(("decoder", "final"))
    }


def _write(path, layers, inside=None, pieces=False):
    """Write the layers backwards: their position must not matter."""
    with h5py.File(path, "w") as file:
        root = file.create_group(inside) if inside else file
        names = [*AUTOMATIC, *reversed(layers)]
        encoded = [name.encode() for name in names]
        if pieces:
            half = len(encoded) // 2
            root.attrs["layer_names0"], root.attrs["layer_names1"] = (
                encoded[:half],
                encoded[half:],
            )
        else:
            root.attrs["layer_names"] = encoded
        for name in names:
            group = root.create_group(name)
            variables = layers.get(name, {})
            stored = [f"{name}/{variable}:0" for variable in variables]
            group.attrs["weight_names"] = [one.encode() for one in stored]
            for one, tensor in zip(stored, variables.values(), strict=True):
                group[one] = tensor
    return path


@pytest.mark.parametrize(
    "form", [{}, {"inside": "model_weights"}, {"pieces": True}], ids=str
)
def test_every_form_of_the_format_is_read(form, tmp_path):
    layers = _published()
    found = read_h5(_write(tmp_path / "w.h5", layers, **form))
    assert set(found) == {f"{n}/{v}" for n, vs in layers.items() for v in vs}
    np.testing.assert_array_equal(found["bn0/gamma"], layers["bn0"]["gamma"])


def test_the_encoder_is_filled_and_the_rest_stays(tmp_path):
    layers = _published() | {"fc1": {"kernel": np.zeros((32, 10), "float32")}}
    path = _write(tmp_path / "w.h5", layers)
    model = unet.build(3, 5, **TINY)
    head = model.get_layer("final_conv").get_weights()
    loaded = weights.load(model, path, "preact_resnet18")
    assert loaded.unused == ("fc1/kernel",)
    assert all(n.startswith(("decoder_stage", "final_conv")) for n in loaded.missing)
    for name, variables in layers.items():
        if name != "fc1":
            for variable in model.get_layer(name).weights:
                np.testing.assert_array_equal(variable, variables[variable.name])
    for before, after in zip(
        head, model.get_layer("final_conv").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_build_loads_a_local_path(tmp_path):
    layers = _published()
    path = _write(tmp_path / "w.h5", layers)
    model = unet.build(3, 5, weights=str(path), **TINY)
    np.testing.assert_array_equal(
        model.get_layer("conv0").kernel, layers["conv0"]["kernel"]
    )


def test_alike_bands_give_the_answer_of_grey_rgb(tmp_path):
    layers = _published()
    layers["bn_data"] = {k: np.ones_like(v) for k, v in layers["bn_data"].items()}
    path = _write(tmp_path / "w.h5", layers)
    grey = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype("float32")
    maps = []
    for bands in (3, 1, 6):
        model = unet.build(bands, 2, weights=str(path), **TINY)
        probe = keras.Model(model.input, model.get_layer("relu0").output)
        image = {"image": np.repeat(grey, bands, axis=-1)}
        maps.append(probe.predict_on_batch(image))
    np.testing.assert_allclose(maps[1], maps[0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(maps[2], maps[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("encoder", "options", "message"),
    [
        ("preact_resnet34", {}, r"not in it, such as stage1_unit3_bn1/gamma"),
        ("resnet18", {}, r"\d+ of the weights of resnet18 are not in it"),
        ("preact_resnet18", {"encoder_width": 8}, "has the shape"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(encoder, options, message, tmp_path):
    path = _write(tmp_path / "w.h5", _published())
    model = unet.build(3, 5, encoder=encoder, **(TINY | options))
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        weights.load(model, path, encoder)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("w.h5", b"not hdf5", "not Keras weights in the legacy HDF5 format"),
        ("w.safetensors", b"short", "not a safetensors file"),
        ("w.pth", b"short", "not an archive of tensors"),
        ("w.txt", b"", "kind '.txt' are not read"),
        (None, b"", "no weights at .*absent.h5"),
    ],
)
def test_other_files_are_refused_in_one_line(name, content, message, tmp_path):
    path = tmp_path / (name or "absent.h5")
    if name:
        path.write_bytes(content)
    model = unet.build(3, 2, encoder_width=2, decoder_widths=(2,) * 5)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
        weights.load(model, path, "preact_resnet18")
    assert "\n" not in str(error.value)
