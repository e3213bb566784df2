"""A scene of an object store becomes a map there, as one of this machine would."""

import keras
import numpy as np
import pytest

from kerasseg import artifact, legend, places, predict, raster
from kerasseg.cli import sources
from kerasseg.predict import mapping

pytestmark = pytest.mark.once

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "low", "color": "#C0C000", "code": 1},
            {"name": "high", "color": "#006000", "code": 2},
        ]
    }
)
OUTPUTS = predict.Outputs(confidence=True, quicklook=True)


@pytest.fixture(scope="module")
def model():
    image = keras.Input((None, None, 2), name="image")
    classify = keras.layers.Conv2D(2, 1, use_bias=False)
    network = keras.Model({"image": image}, classify(image))
    classify.set_weights([np.array([[[[1.0, -1], [-1, 1]]]], "float32")])
    return artifact.assemble(network, ("a", "b"), [0, 0], [1, 1], LEGEND)


@pytest.fixture
def scene(bucket):
    pixels = np.random.default_rng(0).integers(1, 99, (64, 96, 2)).astype(np.uint8)
    grid = raster.grid(64, 96, "EPSG:32633", 500_000, 5_000_000, 10)
    path = f"{bucket}/scene.tif"
    with raster.Writer(path, grid, bands=("a", "b")) as file:
        file.write(pixels)
    return path, pixels


class StopError(Exception):
    pass


def _assert_right(path, pixels):
    found = raster.read_label(path)
    np.testing.assert_array_equal(found, pixels[..., 1] > pixels[..., 0])


def test_a_map_and_all_beside_it_are_put_into_the_store(model, scene, bucket):
    path, pixels = scene
    summary = predict.scene(model, path, f"{bucket}/map.tif", outputs=OUTPUTS)
    _assert_right(f"{bucket}/map.tif", pixels)
    for made in summary.beside.values():
        assert places.is_remote(made)
        assert made.exists()


def test_a_run_that_stopped_goes_on(model, scene, bucket, monkeypatch):
    path, pixels = scene
    monkeypatch.setattr(mapping, "SIDE", 32)

    def stop(done, total):
        if done > total / 2:
            raise StopError

    how = {"window": 32, "batch_size": 1}
    with pytest.raises(StopError):
        predict.scene(model, path, f"{bucket}/map.tif", progress=stop, **how)
    assert not places.place(f"{bucket}/map.tif").exists()
    summary = predict.scene(model, path, f"{bucket}/map.tif", **how)
    assert summary.resumed
    _assert_right(f"{bucket}/map.tif", pixels)


def test_a_list_names_scenes_of_a_store(scene, tmp_path):
    path, _ = scene
    (tmp_path / "scenes.txt").write_text(f"# all\n{path}\n")
    assert list(map(str, sources.expand([tmp_path / "scenes.txt"]))) == [path]
    with pytest.raises(FileNotFoundError, match=r"no scene at s3://.*none.tif"):
        sources.expand([path.replace("scene.tif", "none.tif")])


def test_the_scene_itself_is_not_written_over(model, scene):
    path, _ = scene
    with pytest.raises(ValueError, match="is the scene itself"):
        predict.scene(model, path, path)
