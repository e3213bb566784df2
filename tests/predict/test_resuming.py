"""A run that was stopped goes on, and its map is the one of a run that was not."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import rasterio

from kerasseg import artifact, legend, predict, raster
from kerasseg.predict import mapping, work

BANDS = ("red", "green", "nir")
LEGEND = legend.from_dict(
    {"classes": [{"name": f"class {i}", "color": [60 * i] * 3} for i in range(4)]}
)
OUTPUTS = predict.Outputs(probabilities="float32", confidence=True)
HOW = {"window": 32, "batch_size": 3, "outputs": OUTPUTS}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(mapping, "SIDE", 60)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3), name="image")
    smooth = keras.layers.Conv2D(8, 9, padding="same", activation="relu")(image)
    network = keras.Model({"image": image}, keras.layers.Conv2D(4, 9)(smooth))
    padded = keras.layers.ZeroPadding2D(4)(network.output)
    network = keras.Model({"image": image}, padded)
    return artifact.assemble(network, BANDS, [120] * 3, [50] * 3, LEGEND)


@pytest.fixture
def scene(tmp_path):
    """A scene with a hole that leaves some windows and a whole block empty."""
    pixels = np.random.default_rng(0).integers(1, 255, (150, 170, 3), np.uint8)
    pixels[:70, 50:130] = 0
    path = tmp_path / "scene.tif"
    grid = raster.grid(150, 170, "EPSG:32633", 500_000, 5_000_000, 10)
    with raster.Writer(path, grid, bands=BANDS, nodata=0) as file:
        file.write(pixels)
    return path


@pytest.fixture
def whole(model, scene, tmp_path):
    """What a run gives that nothing stops."""
    (tmp_path / "whole").mkdir()
    return _read(predict.scene(model, scene, tmp_path / "whole/map.tif", **HOW))


def _read(summary):
    found = {}
    for name, path in {"map": summary.map, **summary.beside}.items():
        with rasterio.open(path) as file:
            found[name] = file.read()
    return found


def _assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, pixels in expected.items():
        assert found[name].tobytes() == pixels.tobytes(), name


class StopError(Exception):
    pass


def _stop_at(windows):
    def progress(done, total):
        if done >= windows:
            raise StopError

    return progress


@pytest.mark.parametrize("windows", [1, 7, 11, 18, 29, 36])
def test_a_run_goes_on_where_it_was_stopped(model, scene, whole, tmp_path, windows):
    chart = tmp_path / "map.tif"
    with pytest.raises(StopError):
        predict.scene(model, scene, chart, progress=_stop_at(windows), **HOW)
    assert not chart.exists()
    summary = predict.scene(model, scene, chart, **HOW)
    assert summary.resumed <= windows + 2  # What came in the same batch.
    _assert_equal(_read(summary), whole)
    left = {path.name for path in tmp_path.iterdir()}
    files = {path.name for path in (chart, *summary.beside.values())}
    assert left == {"scene.tif", "whole", *files}


@pytest.mark.parametrize("name", ["confidence", "probabilities"])
def test_a_map_may_be_called_like_a_piece_of_it(model, scene, whole, tmp_path, name):
    chart = tmp_path / f"{name}_000000.tif"
    _assert_equal(_read(predict.scene(model, scene, chart, **HOW)), whole)


def test_a_run_may_be_stopped_again_and_again(model, scene, whole, tmp_path):
    chart, resumed = tmp_path / "map.tif", []
    for windows in (8, 16, 20, 30):
        with pytest.raises(StopError):
            predict.scene(model, scene, chart, progress=_stop_at(windows), **HOW)
        records = (tmp_path / ".map.tif.work").glob("block_*.json")
        resumed.append(len(list(records)))
    assert sorted(set(resumed)) == resumed  # Each time some more was done.
    _assert_equal(_read(predict.scene(model, scene, chart, **HOW)), whole)


def test_windows_are_batched_as_they_were_begun(model, scene, whole, tmp_path):
    chart = tmp_path / "map.tif"
    with pytest.raises(StopError):
        predict.scene(model, scene, chart, progress=_stop_at(20), **HOW)
    summary = predict.scene(model, scene, chart, **{**HOW, "batch_size": 5})
    _assert_equal(_read(summary), whole)


def _halved(model, scene, chart):
    with pytest.raises(StopError):
        predict.scene(model, scene, chart, progress=_stop_at(30), **HOW)


def _other(model):
    clone = keras.models.clone_model(model)
    clone.set_weights([0.5 * weight for weight in model.get_weights()])
    return clone


def test_a_disk_that_was_full_for_a_moment_changes_nothing(
    model, scene, whole, tmp_path, monkeypatch
):
    failing = iter([False, True])
    keep = work.Work.hand_on

    def hand_on(self, *block, **sums):
        if next(failing, False):
            raise OSError("no space left")
        keep(self, *block, **sums)

    monkeypatch.setattr(work.Work, "hand_on", hand_on)
    how = {**HOW, "batch_size": 8}
    with pytest.raises(OSError, match="could not be written in full"):
        predict.scene(model, scene, tmp_path / "map.tif", **how)
    again = _read(predict.scene(model, scene, tmp_path / "map.tif", **how))
    for name, pixels in whole.items():
        np.testing.assert_allclose(again[name], pixels, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("model", lambda given: given.update(model=_other(given["model"]))),
        ("choice of options", lambda given: given.update(overlap=7)),
        ("choice of options", lambda given: given.update(tta=True)),
        ("scene", lambda given: raster.write(given["source"], _blank())),
    ],
    ids=["model", "overlap", "turns", "scene"],
)
def test_what_another_run_has_left_is_refused_or_discarded(
    model, scene, tmp_path, what, change
):
    chart = tmp_path / "map.tif"
    _halved(model, scene, chart)
    given = {"model": model, "source": scene, "destination": chart, **HOW}
    change(given)
    with pytest.raises(ValueError, match=f"begun with another {what}. ") as told:
        predict.scene(**given)
    assert "\n" not in str(told.value)
    summary = predict.scene(**given, fresh=True)
    assert summary.resumed == 0
    assert not (tmp_path / ".map.tif.work").exists()


def test_nothing_goes_on_from_what_was_half_discarded(
    model, scene, whole, tmp_path, monkeypatch
):
    _halved(model, scene, tmp_path / "map.tif")
    left, remove = iter(range(3)), Path.unlink

    def unlink(path, **how):
        if path.parent.name == ".map.tif.work" and next(left, None) is None:
            raise StopError
        remove(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(StopError):
            predict.scene(model, scene, tmp_path / "map.tif", fresh=True, **HOW)
    summary = predict.scene(model, scene, tmp_path / "map.tif", **HOW)
    assert summary.resumed == 0
    _assert_equal(_read(summary), whole)


def _blank():
    return np.full((150, 170, 3), 99, np.uint8)


def test_what_is_made_of_the_finished_map_may_be_asked_for_later(
    model, scene, whole, tmp_path
):
    chart = tmp_path / "map.tif"
    _halved(model, scene, chart)
    outputs = replace(OUTPUTS, quicklook=True)
    summary = predict.scene(model, scene, chart, **{**HOW, "outputs": outputs})
    assert summary.resumed > 0
    assert summary.beside.pop("quicklook").is_file()
    _assert_equal(_read(summary), whole)


def test_only_one_run_writes_a_map_at_a_time(model, scene, tmp_path):
    chart = tmp_path / "map.tif"

    def meanwhile(done, total):
        predict.scene(model, scene, chart, **HOW)

    with pytest.raises(ValueError, match="is being written by another process"):
        predict.scene(model, scene, chart, progress=meanwhile, **HOW)


def test_a_map_that_is_there_stays_until_the_new_one_is_whole(model, scene, tmp_path):
    chart = tmp_path / "map.tif"
    predict.scene(_other(model), scene, chart)
    old = chart.read_bytes()
    _halved(model, scene, chart)
    assert chart.read_bytes() == old


KILLED = """
import sys, time
from kerasseg import artifact, predict
from kerasseg.predict import mapping, work
mapping.SIDE = 60
def progress(done, total):
    print(done, flush=True)
    time.sleep(0.02)
outputs = predict.Outputs(probabilities="float32", confidence=True)
predict.scene(
    artifact.load(sys.argv[1]), sys.argv[2], sys.argv[3], window=32, batch_size=3,
    outputs=outputs, progress=progress,
)
"""


@pytest.mark.once
def test_a_run_that_was_killed_outright_goes_on(model, scene, whole, tmp_path):
    path, chart = artifact.save(model, tmp_path / "model.keras"), tmp_path / "map.tif"
    command = [sys.executable, "-c", KILLED, str(path), str(scene), str(chart)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) > 25:
                break
        process.kill()
        process.wait(30)
    assert not chart.exists()
    work = tmp_path / ".map.tif.work"
    assert json.loads((work / "block_000000.json").read_text())
    # The model came from its file there; here it must be the same to the bit.
    summary = predict.scene(artifact.load(path), scene, chart, **HOW)
    assert summary.resumed > 0
    _assert_equal(_read(summary), whole)
