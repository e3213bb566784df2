"""What is remembered of a band agrees with all of its pixels."""

import numpy as np
import pytest

from kerasseg.doctor.sketch import Sketch

pytestmark = pytest.mark.once


def sketched(values, pieces=1):
    sketch = Sketch()
    for piece in np.array_split(values, pieces):
        sketch.add(piece)
    return sketch.band()


def test_a_sketch_agrees_with_numpy():
    values = np.random.default_rng(0).integers(0, 500, 30_000).astype("uint16")
    band = sketched(values, 7)
    assert (band.observed, band.low, band.high) == (30_000, 0, 499)
    assert band.at_high == np.count_nonzero(values == 499)
    assert np.isclose([band.mean, band.std], [values.mean(), values.std()]).all()
    expected = np.percentile(values, [1, 50, 98])
    assert np.allclose([band.dark, band.middle, band.bright], expected)


@pytest.mark.parametrize("size", [70_000, 200_001, 500_000])
def test_a_thinned_sketch_does_not_depend_on_the_pieces(size):
    values = np.random.default_rng(size).normal(0, 1, size)
    bands = [sketched(values, pieces) for pieces in (1, 13, 1000)]
    assert bands[0].dark == bands[1].dark == bands[2].dark
    assert bands[0].bright == bands[2].bright
    assert abs(bands[0].middle) < 0.02
    assert abs(bands[0].dark - np.percentile(values, 1)) < 0.06


def test_numbers_that_are_none_are_counted_and_left_out():
    band = sketched(np.array([1.0, np.nan, 3.0, np.inf]))
    assert (band.observed, band.broken, band.low, band.high) == (2, 2, 1, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fills_at_the_end_of_a_type_are_counted_and_left_out(dtype):
    band = sketched(np.array([1, np.finfo(dtype).min, 3, np.finfo(dtype).max], dtype))
    assert (band.observed, band.broken, band.mean, band.std) == (2, 2, 2, 1)


def test_nothing_observed_is_not_constant():
    assert np.isnan(Sketch().band().low)
    assert not Sketch().band().is_constant
    assert sketched(np.full(9, 4)).is_constant
