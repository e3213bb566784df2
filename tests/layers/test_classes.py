"""Logits pass untouched, in float32, and the legend travels with them."""

import keras
import numpy as np
from keras import ops

from kerasseg.layers.classes import Classes

LEGEND = {"classes": [{"name": "wood", "color": "#00FF00", "codes": [2]}]}


def test_logits_pass_as_float32():
    logits = np.random.default_rng(0).normal(size=(1, 2, 2, 1)).astype("float32")
    np.testing.assert_array_equal(Classes(LEGEND)(logits), logits)
    half = Classes(LEGEND)(ops.cast(logits, "bfloat16"))
    assert keras.backend.standardize_dtype(half.dtype) == "float32"


def test_the_legend_comes_back_from_disk(tmp_path):
    inputs = keras.Input((None, None, 1))
    keras.Model(inputs, Classes(LEGEND)(inputs)).save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").layers[-1].legend == LEGEND
