"""Dropout from hashes: the right share, nothing alike, and the same every time."""

import numpy as np
import pytest
from keras import ops

from kerasseg.layers.hashed_dropout import dropout


def _dropped(rate=0.1, seed=5, site=0, shape=(200, 500)):
    seed = ops.convert_to_tensor(np.uint32(seed))
    return ops.convert_to_numpy(dropout(ops.ones(shape), rate, seed, site))


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_drops_its_share_and_keeps_the_mean(rate):
    found = _dropped(rate)
    assert abs(np.mean(found == 0) - rate) < 0.005
    np.testing.assert_allclose(np.unique(found), [0, 1 / (1 - rate)], rtol=1e-6)


@pytest.mark.once
@pytest.mark.parametrize("other", [{"seed": 6}, {"site": 1}])
def test_another_seed_or_site_drops_other_values(other):
    pair = [(_dropped(**options) == 0).ravel() for options in ({}, other)]
    assert abs(np.corrcoef(*pair)[0, 1]) < 0.01


@pytest.mark.once
def test_neighbours_know_nothing_of_each_other():
    dropped = (_dropped() == 0).ravel()
    for step in (1, 2, 16, 43, 500):
        assert abs(np.corrcoef(dropped[:-step], dropped[step:])[0, 1]) < 0.01


def test_the_same_numbers_drop_the_same_values_on_every_backend():
    assert np.flatnonzero(_dropped() == 0)[:6].tolist() == [14, 46, 49, 61, 78, 101]
