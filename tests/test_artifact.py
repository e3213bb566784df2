"""A saved model carries all that a map needs, and opens under either backend."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerasseg import artifact, legend
from kerasseg.models import fpn, unet

BANDS, MEAN, STD = ("red", "green", "nir"), (90.0, 100.0, 2000.0), (20.0, 25.0, 600.0)
LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#FFFF00"},
            {"name": "wood", "color": "#00AA00"},
        ],
        "ignored": [{"name": "cloud", "color": "#FFFFFF", "code": 9}],
    }
)
NARROW = {"encoder_width": 4, "decoder_widths": (16, 32), "layout": "smp"}


@pytest.fixture(scope="module")
def inner():
    keras.utils.set_random_seed(0)
    return fpn.build(3, 2, encoder="resnet18", **NARROW)


@pytest.fixture(scope="module")
def model(inner):
    return artifact.assemble(inner, BANDS, MEAN, STD, LEGEND)


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(0)
    return rng.integers(0, 3000, size=(1, 40, 33, 3)).astype("uint16")


def test_raw_pixels_are_normalised_inside(inner, model, image):
    raw = model.predict_on_batch({"image": image})
    normal = ((image - np.array(MEAN)) / STD).astype("float32")
    np.testing.assert_allclose(
        raw, inner.predict_on_batch({"image": normal}), rtol=1e-4, atol=1e-4
    )
    assert raw.shape == (1, 40, 33, 2)
    assert raw.dtype == np.float32


def test_all_comes_back_from_disk(model, image, tmp_path):
    path = artifact.save(model, tmp_path / "deep" / "model.keras")
    loaded = artifact.load(path)
    assert artifact.bands(loaded) == BANDS
    assert artifact.legend(loaded) == LEGEND
    before, after = (m.predict_on_batch({"image": image}) for m in (model, loaded))
    np.testing.assert_array_equal(before, after)
    assert [file.name for file in path.parent.iterdir()] == ["model.keras"]


def test_survives_being_saved_again_by_keras(model, image, tmp_path):
    path = artifact.save(model, tmp_path / "model.keras")
    keras.saving.load_model(path).save(tmp_path / "again.keras")
    again = artifact.load(tmp_path / "again.keras")
    assert artifact.legend(again) == LEGEND
    assert again.get_layer("fpn") is not None


def test_a_trained_model_leaves_its_training_behind(tmp_path, image):
    def homemade(truth, logits):
        return keras.ops.mean(logits)

    narrow = {"encoder_width": 2, "decoder_widths": (2,) * 5}
    model = artifact.assemble(unet.build(3, 2, **narrow), BANDS, MEAN, STD, LEGEND)
    model.compile("sgd", homemade)
    model.train_on_batch({"image": image}, np.zeros((1, 40, 33)))
    loaded = artifact.load(artifact.save(model, tmp_path / "model.keras"))
    assert not loaded.compiled
    assert model.compiled


def test_an_index_of_two_bands_is_one_more_input_of_the_network(image, tmp_path):
    keras.utils.set_random_seed(0)
    inner = unet.build(4, 2, encoder_width=2, decoder_widths=(2,) * 5)
    ndvi = [("nir", "red")]
    model = artifact.assemble(inner, BANDS, MEAN, STD, LEGEND, ndvi)
    red, nir = np.split(image[..., [0, 2]].astype(float), 2, axis=-1)
    index = (nir - red) / np.where(nir + red == 0, 1, nir + red)
    scaled = (image - np.array(MEAN)) / np.array(STD)
    bands = np.concatenate([scaled, index], -1).astype("float32")
    np.testing.assert_allclose(
        model.predict_on_batch({"image": image}),
        inner.predict_on_batch({"image": bands}),
        rtol=1e-4,
        atol=1e-4,
    )
    loaded = artifact.load(artifact.save(model, tmp_path / "model.keras"))
    assert artifact.bands(loaded) == BANDS
    with pytest.raises(ValueError, match="no band 'blue' among red, green, nir"):
        artifact.assemble(inner, BANDS, MEAN, STD, LEGEND, [("nir", "blue")])


@pytest.mark.slow
def test_opens_under_the_other_backend_with_the_same_answer(model, image, tmp_path):
    path = artifact.save(model, tmp_path / "model.keras")
    np.save(tmp_path / "image.npy", image)
    other = {"jax": "tensorflow", "tensorflow": "jax"}[keras.config.backend()]
    program = (
        "import sys, numpy as np, keras\n"
        "from kerasseg import artifact\n"
        "folder = sys.argv[1]\n"
        f"assert keras.config.backend() == {other!r}\n"
        "model = artifact.load(folder + '/model.keras')\n"
        "logits = model.predict_on_batch({'image': np.load(folder + '/image.npy')})\n"
        "np.save(folder + '/logits.npy', logits)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(path.parent)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": other},
    )
    np.testing.assert_allclose(
        np.load(tmp_path / "logits.npy"),
        model.predict_on_batch({"image": image}),
        rtol=1e-4,
        atol=1e-4,
    )


def test_bands_and_classes_must_fit(inner):
    with pytest.raises(ValueError, match="reads 3 bands, but 2 are named: red, nir"):
        artifact.assemble(inner, ("red", "nir"), (0, 0), (1, 1), LEGEND)
    three = legend.from_dict(
        {"classes": [{"name": n, "color": [0, 0, i]} for i, n in enumerate("abc")]}
    )
    with pytest.raises(ValueError, match="answers 2 classes, but the legend has 3"):
        artifact.assemble(inner, BANDS, MEAN, STD, three)


def test_what_is_not_a_model_is_refused_in_one_line(inner, tmp_path):
    inner.save(tmp_path / "bare.keras")
    (tmp_path / "cut.keras").write_bytes((tmp_path / "bare.keras").read_bytes()[:999])
    for name, message in [
        ("absent.keras", "no model at"),
        ("cut.keras", "not a .keras file, or not a whole one"),
        ("bare.keras", "carries no bands"),
    ]:
        with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
            artifact.load(tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="carries no bands"):
        artifact.save(inner, tmp_path / "bare.keras")
    with pytest.raises(ValueError, match=r"ending \.keras"):
        artifact.save(inner, tmp_path / "model.h5")


def test_an_unwritable_place_is_told(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be saved"):
        artifact.save(model, tmp_path / "file" / "model.keras")


@pytest.mark.once
def test_importing_the_layers_is_enough_for_keras_to_load(model, tmp_path):
    path = artifact.save(model, tmp_path / "model.keras")
    code = "import sys, keras, kerasseg.layers; keras.saving.load_model(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def test_a_fingerprint_tells_models_apart_and_survives_the_disk(model, tmp_path):
    before = artifact.fingerprint(model)
    loaded = artifact.load(artifact.save(model, tmp_path / "model.keras"))
    again = artifact.load(tmp_path / "model.keras")
    assert artifact.fingerprint(again) == artifact.fingerprint(loaded) == before
    again.set_weights([0.5 * weight for weight in again.get_weights()])
    assert artifact.fingerprint(again) != before
