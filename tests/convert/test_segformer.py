"""SegFormers of Hugging Face answer as published, once converted, and come back."""

import json
import shutil

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerasseg import artifact
from kerasseg.convert import segformer
from kerasseg.layers.resize import bilinear

LABELS = ["sea", "field", "wood", "town", "town"]


@pytest.fixture(scope="module")
def published(shared, tmp_path_factory):
    """Lay out the published tiny SegFormer as Hugging Face would save it."""
    source = shared("golden", "segformer_tiny")
    meta = json.loads((source / "meta.json").read_text())
    options = dict(meta["model"]["kwargs"])
    number = options.pop("num_labels")
    config = {
        "model_type": "segformer",
        "architectures": ["SegformerForSemanticSegmentation"],
        "num_encoder_blocks": 4,
        "id2label": {str(i): LABELS[i] for i in range(number)},
        **options,
    }
    pixels = {"image_mean": [0.1, 0.2, 0.3, 0.4], "image_std": [1, 2, 1, 0.5]}
    folder = tmp_path_factory.mktemp("hugging") / "tiny"
    folder.mkdir()
    shutil.copy(source / "weights.safetensors", folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    return folder, meta, np.load(source / "io.npz")


@pytest.fixture(scope="module")
def converted(published):
    folder = published[0]
    return segformer.run(folder, folder.parent / "model.keras")


def _changed(published, tmp_path, **changes):
    """Copy the published folder with another configuration; `None` takes away."""
    folder = tmp_path / "changed"
    shutil.copytree(published[0], folder)
    config = {**json.loads((folder / "config.json").read_text()), **changes}
    config = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_it_answers_as_published_at_the_size_of_the_image(published, converted):
    _, _, arrays = published
    model = artifact.load(converted.destination)
    image = arrays["b1_50x75/in/x"].transpose(0, 2, 3, 1)
    stored = 255 * (image * [1, 2, 1, 0.5] + [0.1, 0.2, 0.3, 0.4])
    found = model.predict_on_batch({"image": stored.astype("float32")})
    quarter = arrays["b1_50x75/out/logits"].transpose(0, 2, 3, 1)
    expected = bilinear(keras.ops.convert_to_tensor(quarter), 50, 75)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_its_legend_has_the_labels_and_equal_ones_their_numbers(converted):
    model = artifact.load(converted.destination)
    names = artifact.legend(model).names
    assert names == ("sea", "field", "wood", "town 3", "town 4")


def test_it_comes_back_with_every_tensor_and_the_same_configuration(
    published, converted, tmp_path
):
    folder, meta, _ = published
    assert converted.num_parameters == meta["parameters"]["trainable"]
    done = segformer.back(converted.destination, tmp_path / "back")
    tensors = load_file(folder / "model.safetensors")
    assert done.num_tensors == converted.num_tensors == len(tensors)
    found = load_file(tmp_path / "back/model.safetensors")
    assert found.keys() == tensors.keys()
    for key, tensor in tensors.items():
        if not key.endswith("num_batches_tracked"):
            np.testing.assert_array_equal(found[key], tensor, strict=True)
    config = json.loads((tmp_path / "back/config.json").read_text())
    given = json.loads((folder / "config.json").read_text())
    given.pop("id2label")
    assert given.items() <= config.items()
    assert config["id2label"]["3"] == "town 3"


def test_a_folder_that_is_there_already_is_left_alone(converted, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="exists already"):
        segformer.back(converted.destination, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bert"}, "type 'bert', not 'segformer'. Give the folder"),
        ({"architectures": ["SegformerModel"]}, "an encoder without the head"),
        ({"hidden_act": "relu"}, "hidden_act 'relu', which kerasseg's"),
        ({"depths": [1, 2]}, r"depths \[1, 2\]. A SegFormer of 4 stages has one"),
        ({"depths": [1, 3, 1, 1]}, r"lacks block\.1\.2\..* and 21 more"),
        (
            {"depths": [1, 1, 1, 1]},
            r"has block\.1\.1\..* no place. Give the config.json",
        ),
        ({"sr_ratios": [4, 4, 2, 1]}, r"\(8, 8, 8, 8\) where the model has"),
        ({"num_attention_heads": [3, 2, 5, 8]}, "3 heads cannot share 8 channels"),
        ({"num_channels": 3}, "4 means and 4 stds for 3 bands"),
        ({"id2label": {"1": "a", "2": "b"}}, "does not name the classes 0, 1, 2"),
        (
            {"id2label": {"0": "a", "1": "b"}},
            r"classifier\.bias has the shape \(5,\) where",
        ),
        ({"decoder_hidden_size": "wide"}, "decoder_hidden_size 'wide' is not a number"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(published, tmp_path, changes, message):
    folder = _changed(published, tmp_path, **changes)
    with pytest.raises(ValueError, match=message) as told:
        segformer.run(folder, tmp_path / "model.keras")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "model.keras").exists()


@pytest.mark.once
def test_missing_and_broken_files_are_told_by_name(published, tmp_path):
    destination = tmp_path / "model.keras"
    with pytest.raises(FileNotFoundError, match="no folder at"):
        segformer.run(tmp_path / "none", destination)
    folder = _changed(published, tmp_path)
    (folder / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="not a safetensors file"):
        segformer.run(folder, destination)
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*safetensors"):
        segformer.run(folder, destination)
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        segformer.run(folder, destination)
    with pytest.raises(ValueError, match="saved with the ending"):
        segformer.run(folder, tmp_path / "model.h5")


@pytest.mark.once
def test_tensors_in_several_files_are_read_by_their_index(published, tmp_path):
    folder = _changed(published, tmp_path)
    whole = load_file(folder / "model.safetensors")
    keys = sorted(whole)
    parts = {"a.safetensors": keys[:50], "b.safetensors": keys[50:]}
    for name, chosen in parts.items():
        save_file({key: whole[key] for key in chosen}, folder / name)
    (folder / "model.safetensors").unlink()
    index = {key: name for name, chosen in parts.items() for key in chosen}
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": index})
    )
    assert segformer._state(folder).keys() == segformer._state(published[0]).keys()


@pytest.mark.once
def test_another_model_is_refused_on_the_way_back(tmp_path):
    from kerasseg.convert import data
    from kerasseg.models import unet

    model = unet.build(3, 2, encoder_width=4, decoder_widths=(4,) * 5)
    whole = artifact.assemble(model, "rgb", (0,) * 3, (1,) * 3, data.named(["a", "b"]))
    artifact.save(whole, tmp_path / "unet.keras")
    with pytest.raises(ValueError, match="the model is no SegFormer"):
        segformer.back(tmp_path / "unet.keras", tmp_path / "out")
