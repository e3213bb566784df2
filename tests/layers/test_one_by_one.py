"""A model that predicts samples one by one answers what it answers for the batch."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg import heap
from kerasseg.layers.one_by_one import OneByOne


def _model(kind):
    inputs = {"a": keras.Input((None, 3), name="a"), "b": keras.Input((), name="b")}
    x = keras.layers.Dense(4, name="dense")(inputs["a"])
    x = keras.layers.Dropout(0.5, seed=0, name="dropout")(x)
    outputs = {"sums": ops.sum(x, 1) * inputs["b"][:, None], "parts": [x, x + 1]}
    return kind(inputs, outputs)


def _inputs():
    rng = np.random.default_rng(0)
    return {
        "a": rng.normal(size=(3, 5, 3)).astype("float32"),
        "b": rng.normal(size=3).astype("float32"),
    }


def test_predictions_are_those_of_the_same_layers_for_all_samples():
    model, plain = _model(OneByOne), _model(keras.Model)
    plain.set_weights(model.get_weights())
    found, wanted = (each.predict_on_batch(_inputs()) for each in (model, plain))
    assert found.keys() == wanted.keys()
    for one, other in zip(
        keras.tree.flatten(found), keras.tree.flatten(wanted), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA's working memory")
def test_a_process_with_such_a_model_has_large_blocks_mapped(monkeypatch):
    asked = []
    monkeypatch.setattr(heap, "map_large_blocks", lambda: asked.append(1))
    _model(keras.Model)
    assert not asked
    _model(OneByOne)
    assert asked


def test_layers_are_told_of_one_sample_at_a_time(monkeypatch):
    seen = []
    model = _model(OneByOne)
    dense = model.get_layer("dense")
    call = dense.call

    def record(x, *given, **more):
        seen.append(x.shape[0])
        return call(x, *given, **more)

    monkeypatch.setattr(dense, "call", record)
    model(_inputs(), training=True)
    assert seen == [3]
    seen.clear()
    model.compile(run_eagerly=True)  # a graph would not know the number
    model.predict_on_batch(_inputs())
    assert 1 in seen


def test_a_saved_model_is_read_back(tmp_path):
    model = _model(OneByOne)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again, OneByOne)
    np.testing.assert_array_equal(
        again.predict_on_batch(_inputs())["sums"],
        model.predict_on_batch(_inputs())["sums"],
    )
