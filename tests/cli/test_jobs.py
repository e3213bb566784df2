"""The commands carry a small world from patches to a map."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from kerasseg import legend, raster

pytestmark = pytest.mark.once

RECIPE = """\
version: 1
backend: BACKEND
data: {name: patches, root: patches}
model: {name: fpn, encoder: resnet18, encoder_width: 8, decoder_widths: [8, 8]}
training: {epochs: 1, batch_size: 2, learning_rate: 1e-3}
"""


@pytest.fixture
def recipe(kerasseg, tmp_path):
    import keras

    done = kerasseg("sample", "patches", "patches")
    assert done.stdout == "patches: patches\n"
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.replace("BACKEND", keras.config.backend()))
    return path


@pytest.fixture
def model(recipe, tmp_path):
    """A model that calls all that is bright in the red band a roof."""
    import keras

    from kerasseg import artifact

    image = keras.Input((None, None, 3), name="image")
    classify = keras.layers.Conv2D(2, 1)
    inner = keras.Model({"image": image}, classify(image), name="bright")
    kernel = np.zeros((1, 1, 3, 2), "float32")
    kernel[0, 0, 0, 1] = 1.0
    classify.set_weights([kernel, np.array([0.0, -128.0], "float32")])
    bands = ("red", "green", "blue")
    known = legend.read(tmp_path / "patches/legend.json")
    whole = artifact.assemble(inner, bands, [0] * 3, [1] * 3, known)
    artifact.save(whole, tmp_path / "bright.keras")
    return tmp_path / "bright.keras"


def test_a_dry_run_tells_what_a_fit_would_cost(kerasseg, recipe, tmp_path):
    done = kerasseg("fit", recipe, "--dry-run", "--set", "seed=7")
    assert done.exit_code == 0, done.stderr
    assert "seed: 7\n" in done.stdout
    assert "samples:\n  train: 4\n  val: 4\n  test: 4\n" in done.stdout
    assert "parameters: " in done.stdout
    assert not (tmp_path / "mlruns").exists()


def test_a_dry_run_fetches_nothing_and_tells_what_a_fit_would(
    kerasseg, recipe, tmp_path, monkeypatch
):
    import socket

    monkeypatch.setenv("KERASSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(socket, "getaddrinfo", None)  # Any call would be a bug
    options = ("model.encoder_width=64", "model.weights=imagenet")
    sets = [word for option in options for word in ("--set", option)]
    done = kerasseg("fit", recipe, "--dry-run", *sets)
    assert done.exit_code == 0, done.stderr
    assert "to be fetched:\n  resnet18: https://" in done.stdout
    assert not (tmp_path / "cache").exists()


def test_a_backend_that_is_not_there_is_told_with_its_cure(
    kerasseg, recipe, monkeypatch
):
    monkeypatch.setattr("kerasseg.backend.find_spec", lambda name: None)
    done = kerasseg("fit", recipe, "--backend", "jax")
    assert done.exit_code == 2
    assert done.stderr == (
        "kerasseg: error: backend 'jax' is not installed. Run `pip install "
        '"kerasseg[jax]"`, or choose the other with `--backend`.\n'
    )


def test_check_counts_the_samples_of_a_recipe(kerasseg, recipe):
    done = kerasseg("check", recipe)
    assert done.exit_code == 0, done.stderr
    assert "train: 4 samples\nval: 4 samples\ntest: 4 samples\n" in done.stdout


def test_a_scene_becomes_a_map(kerasseg, model, tmp_path):
    scene = sorted((tmp_path / "patches/images").iterdir())[0]
    done = kerasseg("predict", model, scene, "map.tif", "--window", 32)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("map.tif: 32 × 32 pixels, 1 windows in ")
    bright = raster.read(scene)[..., 0] > 128
    np.testing.assert_array_equal(raster.read_label(tmp_path / "map.tif"), bright)


def test_bands_may_come_in_files_of_their_own(kerasseg, model, tmp_path):
    scene = sorted((tmp_path / "patches/images").iterdir())[0]
    pixels = raster.read(scene)
    files = [tmp_path / f"{band}.tif" for band in ("red", "green", "blue")]
    for index, path in enumerate(files):
        raster.write(path, pixels[..., [index]])
    done = kerasseg("predict", model, *files, "map.tif", "--window", 32)
    assert done.exit_code == 0, done.stderr
    np.testing.assert_array_equal(
        raster.read_label(tmp_path / "map.tif"), pixels[..., 0] > 128
    )


def test_all_that_can_be_written_beside_a_map_is_told(kerasseg, model, tmp_path):
    pytest.importorskip("pyogrio")
    scene = sorted((tmp_path / "patches/images").iterdir())[0]
    asked = "--tta --probabilities uint8 --confidence --quicklook --polygons gpkg"
    done = kerasseg("predict", model, scene, "out/map.tif", *asked.split())
    assert done.exit_code == 0, done.stderr
    for name, file in {
        "probabilities": "map_probabilities.tif",
        "confidence": "map_confidence.tif",
        "polygons": "map.gpkg",
        "quicklook": "map.png",
    }.items():
        assert f"out/{file}: {name}\n" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "map.tif",
        "map_probabilities.tif",
        "map_confidence.tif",
        "map.gpkg",
        "map.png",
    }


def test_many_scenes_become_maps_of_their_names(kerasseg, model, tmp_path):
    scenes = sorted((tmp_path / "patches/images").iterdir())[:2]
    lines = [f"patches/images/{scene.name}" for scene in scenes]
    (tmp_path / "scenes.txt").write_text("# two\n\n" + "\n".join(lines))
    done = kerasseg("predict", model, "scenes.txt", "maps")
    assert done.exit_code == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "windows" in line] == [
        line for line in done.stdout.splitlines() if line.startswith("maps/")
    ]
    assert {path.name for path in (tmp_path / "maps").iterdir()} == {
        scene.name for scene in scenes
    }
    again = kerasseg("predict", model, "patches/images", "maps", "--images", "*")
    assert again.exit_code == 0, again.stderr
    assert len(list((tmp_path / "maps").iterdir())) == 12
    assert f"maps/{scenes[0].name}" not in again.stdout
    assert again.stdout.endswith("maps: 2 of 12 maps were there already\n")


def test_pixels_without_data_are_told_beside_the_classes(kerasseg, model, tmp_path):
    grid = replace(raster.grid(8, 8, "EPSG:2180", 5e5, 4e5, 0.25), nodata=0)
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[0, :4] = 9
    raster.write(tmp_path / "dark.tif", pixels, grid)
    done = kerasseg("predict", model, "dark.tif", "map.tif")
    assert done.stdout.splitlines()[1:] == [
        "  ground                     6.2%",
        "  roof                       0.0%",
        "  (no data)                 93.8%",
    ]


def test_pixels_of_another_size_are_told_in_one_line(kerasseg, model, tmp_path):
    import keras

    from kerasseg import artifact

    loaded = artifact.load(model)
    image = keras.Input((None, None, 3), name="image")
    inner = keras.Model({"image": image}, keras.layers.Conv2D(2, 1)(image))
    bands, known = ("red", "green", "blue"), artifact.legend(loaded)
    coarse = artifact.assemble(inner, bands, [0] * 3, [1] * 3, known, resolution=10)
    artifact.save(coarse, tmp_path / "coarse.keras")
    grid = raster.grid(8, 8, "EPSG:2180", 5e5, 4e5, 0.25)
    raster.write(tmp_path / "fine.tif", np.zeros((8, 8, 3), np.uint8), grid)
    done = kerasseg("predict", "coarse.keras", "fine.tif", "map.tif")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == (
        "kerasseg: warning: fine.tif: pixels of 0.25 m, but the model was trained on "
        "10 m. What it learnt to see has another size here; resample the scene "
        "first.\n"
    )


def test_a_model_is_scored_with_a_report(kerasseg, model, recipe, tmp_path):
    done = kerasseg("evaluate", model, "--recipe", recipe, "--output", "scores")
    assert done.exit_code == 0, done.stderr
    assert "roof" in done.stdout
    assert {path.name for path in (tmp_path / "scores").iterdir()} >= {
        "report.html",
        "scores.csv",
        "scores.json",
    }


def test_a_prepared_world_is_prepared_once(kerasseg, world):
    (world / "legend.yaml").write_text(
        "classes: [{name: a, color: '#FF0000', code: 1},"
        " {name: b, color: '#00FF00', code: 3}]\n"
    )
    shutil.copy(world / "images/a.tif", world / "images/c.tif")
    shutil.copy(world / "labels/a.tif", world / "labels/c.tif")
    command = "prepare patches images labels legend.yaml new --size 16 --workers 1"
    first = kerasseg(*command.split(), "--background", "none")
    assert first.exit_code == 0, first.stderr
    assert kerasseg(*command.split(), "--background", "none").stdout == first.stdout
    for raw in "()[]{}'=":
        assert raw not in first.stdout


def test_labels_come_onto_an_image(kerasseg, tmp_path):
    place = ("EPSG:2180", 5e5, 4e5)
    grids = raster.grid(4, 4, *place, 1.0), raster.grid(2, 2, *place, 2.0)
    fine = np.array([[1, 1, 2, 3]] * 2 + [[2, 2, 3, 3]] * 2, np.uint8)
    for name, pixels, grid in zip(
        ("fine.tif", "image.tif"), (fine, fine[:2, :2]), grids, strict=True
    ):
        raster.write(tmp_path / name, pixels, grid)
    done = kerasseg(
        *("prepare", "align", "fine.tif", "image.tif", "aligned.tif"),
        *("--method", "rarity", "--weight", "2=3", "--share"),
    )
    assert done.exit_code == 0, done.stderr
    found = raster.read(tmp_path / "aligned.tif")
    assert found[..., 0].tolist() == [[1, 2], [2, 3]]
    assert found[..., 1].tolist() == [[100, 50], [100, 100]]
    assert "labelled: 4\nunlabelled: 0\nclasses:\n  1: 1\n" in done.stdout
    done = kerasseg("prepare", "stack", "fine.tif", "fine.tif", "both.tif")
    assert done.exit_code == 0, done.stderr
    np.testing.assert_array_equal(raster.read(tmp_path / "both.tif")[..., 1], fine)
