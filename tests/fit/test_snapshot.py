"""A snapshot brings back all that training changes, and appears whole."""

import keras
import numpy as np
import pytest
from fakes import tiny

from kerasseg.fit import snapshot


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    built = tiny(3, 3)
    built.compile(
        keras.optimizers.Adam(0.01, use_ema=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return built


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 8, 8, 3)).astype("float32")
    return {"image": image}, rng.integers(3, size=(2, 8, 8))


def state(model):
    listed = snapshot._variables(model)
    return [keras.ops.convert_to_numpy(variable.value) for variable in listed]


def test_training_goes_on_from_a_snapshot_as_if_it_had_not_stopped(
    model, batch, tmp_path
):
    model.train_on_batch(*batch)
    snapshot.save(tmp_path / "a.npz", model, snapshot.Position(epoch=1, step=7))
    for _ in range(2):
        model.train_on_batch(*batch)
    straight = state(model)
    position = snapshot.restore(tmp_path / "a.npz", model)
    assert (position.epoch, position.step) == (1, 7)
    for _ in range(2):
        model.train_on_batch(*batch)
    for expected, found in zip(straight, state(model), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_chance_itself_comes_back(model, batch, tmp_path):
    model.train_on_batch(*batch)
    snapshot.save(tmp_path / "a.npz", model, snapshot.Position())
    first = model(batch[0], training=True)
    snapshot.restore(tmp_path / "a.npz", model)
    np.testing.assert_array_equal(first, model(batch[0], training=True))


def test_a_write_that_fails_leaves_the_old_snapshot(
    model, batch, tmp_path, monkeypatch
):
    path = tmp_path / "a.npz"
    snapshot.save(path, model, snapshot.Position(step=1))
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot.np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        snapshot.save(path, model, snapshot.Position(step=2))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def test_a_damaged_snapshot_is_told(model, tmp_path):
    path = tmp_path / "a.npz"
    snapshot.save(path, model, snapshot.Position())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"a\.npz: not a snapshot"):
        snapshot.restore(path, model)


def test_a_snapshot_of_another_model_is_refused(model, tmp_path):
    path = tmp_path / "a.npz"
    snapshot.save(path, model, snapshot.Position())
    other = tiny(3, 3, width=9)
    other.compile("adam", "mse")
    with pytest.raises(ValueError, match="do not fit"):
        snapshot.restore(path, other)


def test_the_position_is_read_without_the_weights(model, tmp_path):
    path = tmp_path / "a.npz"
    snapshot.save(path, model, snapshot.Position(epoch=4, step=2))
    content = bytearray(path.read_bytes())
    first = content.index(b"\x93NUMPY", content.index(b"\x93NUMPY") + 1)
    content[first + 140] ^= 255  # within the first array of weights
    path.write_bytes(content)
    assert snapshot.position(path).epoch == 4
    with pytest.raises(ValueError, match=r"a\.npz: not a snapshot"):
        snapshot.restore(path, model)


def test_an_archive_of_something_else_is_told(model, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, image=np.zeros(3))
    with pytest.raises(ValueError, match=r"a\.npz: not a snapshot"):
        snapshot.position(path)


def test_metrics_come_back_into_a_model_that_has_seen_no_batch(model, batch, tmp_path):
    model.train_on_batch(*batch)
    snapshot.save(tmp_path / "a.npz", model, snapshot.Position())
    fresh = keras.models.clone_model(model)
    fresh.compile(
        keras.optimizers.Adam(0.01, use_ema=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    snapshot.restore(tmp_path / "a.npz", fresh)
    assert float(fresh.get_metrics_result()["accuracy"]) == pytest.approx(
        float(model.get_metrics_result()["accuracy"])
    )
