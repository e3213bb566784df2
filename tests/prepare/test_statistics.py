import json

import numpy as np
import pytest

from kerasseg import raster
from kerasseg.datasets import patches as dataset
from kerasseg.prepare import patches, statistics

pytestmark = pytest.mark.once


@pytest.fixture
def folder(country, codes, tmp_path):
    def make(dtype="uint16"):
        images, labels, _ = country(dtype=dtype)
        patches.run(images, labels, codes, tmp_path / "out", size=32, workers=1)
        return tmp_path / "out"

    return make


def pixels(folder):
    train = dataset.load("train", folder)
    return np.concatenate([train[i]["image"].reshape(-1, 2) for i in range(len(train))])


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_percentiles_are_those_of_the_training_pixels(folder, dtype):
    root = folder(dtype)
    found = statistics.run(root, workers=1)
    held = pixels(root)
    for share, values in found["percentiles"].items():
        expected = np.percentile(held, int(share), axis=0, method="inverted_cdf")
        np.testing.assert_allclose(values, expected, atol=0.02)
    np.testing.assert_allclose(found["min"], held.min(axis=0))
    np.testing.assert_allclose(found["max"], held.max(axis=0))


def test_pixels_without_an_image_do_not_count(folder):
    root = folder()
    for path in (root / "images").iterdir():
        held = raster.read(path)
        held[:16] = 0
        raster.write(path, held, raster.info(path))
    assert min(statistics.run(root, workers=1)["min"]) > 0


def test_what_is_found_is_noted_in_the_index_and_read_by_the_data(folder):
    root = folder()
    before = json.loads((root / "patches.json").read_text())
    found = statistics.run(root, workers=1)
    after = json.loads((root / "patches.json").read_text())
    assert after.pop("statistics") == json.loads(json.dumps(found))
    assert after == before
    train = dataset.load("train", root)
    assert train.percentiles == found["percentiles"]
    assert train.fingerprint() == before["fingerprint"]
    counts = before["splits"]["train"]["pixels"]
    assert found["class_counts"]["train"] == counts
    inverse = 1 / np.array(list(counts.values()))
    np.testing.assert_allclose(
        found["class_weights"]["inverse"], inverse / inverse.mean()
    )


def test_processes_change_nothing(folder, monkeypatch):
    root = folder()
    monkeypatch.setattr(statistics, "_CHUNK", 5)
    told = []
    one = statistics.run(root, workers=1, progress=lambda *at: told.append(at))
    assert told[-1][0] == told[-1][1] > 1
    assert statistics.run(root, workers=2) == one


def test_a_folder_of_no_patches_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="no patches at"):
        statistics.run(tmp_path)
