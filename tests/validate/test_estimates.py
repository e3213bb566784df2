"""Estimates from a sample agree with the published example and with many samples."""

import numpy as np
import pytest

from kerasseg.validate.estimates import stratified, weighted

pytestmark = pytest.mark.once

MAPPED_BY_TRUTH = np.array(
    [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
)
"""Table 8 of Olofsson et al., 2014: deforestation, forest gain, stable forest, stable
non-forest; rows the map."""
WEIGHTS = np.array([0.020, 0.015, 0.320, 0.645])
HECTARES = 900_000


def margin(estimate):
    return (estimate.high - estimate.low) / 2


def test_the_published_example_comes_out_as_published():
    found = stratified(MAPPED_BY_TRUTH.T, WEIGHTS)
    areas = HECTARES * found.shares.value
    assert np.round(areas).tolist() == [21_158, 11_686, 285_770, 581_386]
    margins = HECTARES * margin(found.shares)
    assert np.allclose(margins, [6158, 3756, 15_510, 16_282], atol=1)
    assert round(float(found.overall.value), 2) == 0.95
    assert round(float(margin(found.overall)), 2) == 0.02
    assert np.round(found.users.value, 2).tolist() == [0.88, 0.73, 0.93, 0.96]
    assert np.round(margin(found.users), 2).tolist() == [0.07, 0.10, 0.04, 0.02]
    assert np.round(found.producers.value, 2).tolist() == [0.75, 0.85, 0.93, 0.96]


def test_the_spread_of_the_published_example_is_that_of_samples_drawn_anew():
    cells = MAPPED_BY_TRUTH / MAPPED_BY_TRUTH.sum(axis=1, keepdims=True)
    drawn = np.stack(
        [
            np.random.default_rng(row).multinomial(number, share, 4000)
            for row, (number, share) in enumerate(
                zip(MAPPED_BY_TRUTH.sum(axis=1), cells, strict=True)
            )
        ],
        axis=-1,
    )  # (4000, truth, map)
    found = stratified(MAPPED_BY_TRUTH.T, WEIGHTS)
    _, users, producers, shares = weighted(drawn, WEIGHTS)
    for again, estimate, rtol in (
        (users, found.users, 0.04),
        (producers, found.producers, 0.12),  # a ratio: the published formula is linear
        (shares, found.shares, 0.04),
    ):
        assert np.allclose(1.96 * again.std(axis=0), _free(estimate), rtol=rtol)


def _free(estimate):
    """Return margins as they are before intervals are cut at 1."""
    return estimate.value - estimate.low


def test_an_interval_holds_the_truth_of_a_map_in_19_of_20_samples():
    rng = np.random.default_rng(0)
    cells = np.array([[0.85, 0.05, 0.10], [0.10, 0.80, 0.10], [0.05, 0.15, 0.80]])
    shares = np.array([0.1, 0.3, 0.6])  # by mapped class; rows of `cells` are the map
    population = (cells * shares[:, None]).T
    truth = {
        "overall": np.trace(population),
        "users": np.diag(cells),
        "producers": np.diag(population) / population.sum(axis=1),
        "shares": population.sum(axis=1),
    }
    hits = {name: [] for name in truth}
    for _ in range(400):
        drawn = np.stack([rng.multinomial(100, row) for row in cells]).T
        found = stratified(drawn, shares)
        for name, value in truth.items():
            each = getattr(found, name)
            hits[name].append((each.low <= value) & (value <= each.high))
    for name, held in hits.items():
        assert np.all(np.mean(held, axis=0) > 0.91), name
        assert np.all(np.mean(held, axis=0) < 0.98), name


def test_weights_undo_that_a_class_was_looked_at_more_often():
    often = MAPPED_BY_TRUTH * np.array([[9], [1], [1], [1]])
    for one, other in zip(
        weighted(MAPPED_BY_TRUTH.T, WEIGHTS), weighted(often.T, WEIGHTS), strict=True
    ):
        assert np.allclose(one, other)


def test_a_class_nobody_looked_at_leaves_its_weight_to_the_others():
    matrix = np.diag([8, 2, 0])
    overall, users, _, shares = weighted(matrix, np.array([0.4, 0.4, 0.2]))
    assert overall == 1
    assert np.isnan(users[2])
    assert np.allclose(shares, [0.5, 0.5, 0])


def test_a_class_with_one_point_has_no_interval():
    found = stratified(np.array([[5, 0], [1, 1]]), np.array([0.9, 0.1]))
    assert np.isnan(found.users.low[1])
    assert np.isfinite(found.users.low[0])
    assert np.isnan(found.overall.low)
