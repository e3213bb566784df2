"""Intervals from blocks hold what they promise, where pixels would not."""

import numpy as np
import pytest

from kerasseg.validate.bootstrap import LEAST, clustered

pytestmark = pytest.mark.once

PIXELS = 1000


def ground(rng, number, shares=(0.5, 0.5)):
    """Return blocks of two classes, in each of which errors hang together."""
    right = rng.beta(4, 1, (number, 2))  # 0.8 in the mean
    mapped = rng.multinomial(PIXELS, shares, number)
    hit = rng.binomial(mapped, right)
    blocks = np.zeros((number, 2, 2), np.int64)  # rows the truth
    blocks[:, 0, 0], blocks[:, 1, 0] = hit[:, 0], mapped[:, 0] - hit[:, 0]
    blocks[:, 1, 1], blocks[:, 0, 1] = hit[:, 1], mapped[:, 1] - hit[:, 1]
    return blocks


@pytest.mark.parametrize("weights", [None, np.array([0.9, 0.1])])
def test_blocks_hold_the_accuracy_of_such_ground_in_19_of_20_maps(weights):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        found = clustered(ground(rng, 40), weights, draws=300)
        held.append(found.overall.low <= 0.8 <= found.overall.high)
    assert 0.89 < np.mean(held) < 0.985


def test_pixels_taken_for_independent_would_promise_ten_times_too_much():
    blocks = ground(np.random.default_rng(1), 40)
    found = clustered(blocks, None)
    binomial = 1.96 * np.sqrt(0.8 * 0.2 / (40 * PIXELS))
    assert found.overall.high - found.overall.low > 10 * binomial


def test_labels_of_the_whole_map_give_exact_areas():
    blocks = ground(np.random.default_rng(2), 40)
    found = clustered(blocks, None)
    matrix = blocks.sum(axis=0)
    assert np.allclose(found.shares.value, matrix.sum(axis=1) / matrix.sum())
    assert np.allclose(found.overall.value, np.trace(matrix) / matrix.sum())
    assert np.allclose(found.producers.value, np.diag(matrix) / matrix.sum(axis=1))
    assert np.isnan(found.shares.low).all()


def test_labels_of_a_part_are_weighted_by_the_whole_map():
    blocks = ground(np.random.default_rng(3), 40, shares=(0.2, 0.8))
    found = clustered(blocks, np.array([0.9, 0.1]))
    cells = blocks.sum(axis=0) / blocks.sum(axis=(0, 1))
    assert np.allclose(found.shares.value, cells @ [0.9, 0.1])
    assert np.all(found.shares.low < found.shares.value)
    assert np.all(found.shares.high > found.shares.value)


def test_few_blocks_give_no_interval_and_empty_ones_do_not_count():
    blocks = np.zeros((50, 2, 2), np.int64)
    blocks[: LEAST - 1] = ground(np.random.default_rng(4), LEAST - 1)
    found = clustered(blocks, None)
    assert np.isnan(found.overall.low)
    assert np.isfinite(found.overall.value)


def test_a_class_that_some_draws_lack_still_has_an_interval():
    blocks = np.zeros((20, 2, 2), np.int64)
    blocks[:, 0, 0] = 10
    blocks[0, 1] = 3, 7
    found = clustered(blocks, None)
    ends = found.producers.low[1], found.producers.high[1]
    assert np.allclose(ends, 0.7)


def test_another_seed_changes_little_and_the_same_nothing():
    blocks = ground(np.random.default_rng(5), 60)
    one, same, other = (clustered(blocks, None, seed=seed) for seed in (1, 1, 2))
    assert one.overall.low == same.overall.low
    assert one.overall.low != other.overall.low
    assert abs(one.overall.low - other.overall.low) < 0.01
