"""Dates become the published vectors."""

import json

import numpy as np
import pytest
from keras import ops

from kerasseg.layers.dates import DayOfYear, Sinusoid, sinusoid

DAY_100 = """
    -0.506366 0.862319 -0.970896 -0.239500 -0.875641 0.482962 0.937633 0.347627
    -0.020684 -0.999786 0.971982 0.235055 0.533168 0.846009 0.234921 0.972014
"""


def test_every_published_encoding_agrees(shared):
    folder = shared("golden", "positional_encoder")
    cases = json.loads((folder / "meta.json").read_text())["cases"]
    with np.load(folder / "io.npz") as io:
        for name, case in cases.items():
            options = case["kwargs"]
            found = sinusoid(
                io[f"{name}/in/positions"],
                options["d"],
                options["T"],
                options["repeat"] or 1,
                options.get("offset", 0),
            )
            expected = io[f"{name}/out64/pe"]
            np.testing.assert_allclose(found, expected, atol=case["atol"], rtol=0)


def test_day_100_is_encoded_as_computed_by_hand():
    found = sinusoid(np.array([[0, 100]], "int32"), 16)
    np.testing.assert_allclose(found[0, 0], [0, 1] * 8, atol=1e-6)
    np.testing.assert_allclose(found[0, 1], np.float64(DAY_100.split()), atol=2e-5)


def test_the_base_of_stenn_is_10000():
    found = ops.convert_to_numpy(sinusoid(np.array([[100]]), 144, 10_000))[0, 0]
    np.testing.assert_allclose(
        found[:4], [-0.506366, 0.862319, 0.027657, 0.999617], atol=2e-5
    )
    np.testing.assert_allclose(
        found[-4:], [0.012915, 0.999917, 0.011364, 0.999935], atol=2e-5
    )


@pytest.mark.parametrize("layer", [Sinusoid(4, 2), DayOfYear(4, 2)])
def test_a_padded_date_is_encoded_as_day_0(layer):
    found = ops.convert_to_numpy(layer(np.array([[-1, 0, 3]], "int32")))
    np.testing.assert_array_equal(found[0, 0], found[0, 1])
    assert (found[0, 1] != found[0, 2]).any()


def test_the_last_day_of_a_leap_year_has_a_place():
    layer = DayOfYear(3)
    found = ops.convert_to_numpy(layer(np.array([[365, 366]], "int32")))
    table = ops.convert_to_numpy(layer.kernel)
    np.testing.assert_allclose(found[0], table[365:367], rtol=1e-6)


def test_each_head_sees_the_same_dates():
    found = ops.convert_to_numpy(DayOfYear(3, repeat=4)(np.array([[7]], "int32")))
    np.testing.assert_array_equal(found[0, 0], np.tile(found[0, 0, :3], 4))


def test_the_learnt_matrix_mixes_the_waves():
    layer = Sinusoid(4, 2, linear=True)
    days = np.array([[3, 200]], "int32")
    found = ops.convert_to_numpy(layer(days))
    waves = ops.convert_to_numpy(sinusoid(days, 4, repeat=2))
    expected = waves @ ops.convert_to_numpy(layer.kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
