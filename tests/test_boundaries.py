"""Boundaries are where the definitions say, and unknown pixels have no part in them."""

import cv2
import numpy as np
import pytest

from kerasseg import boundaries

pytestmark = pytest.mark.once


@pytest.fixture
def fields():
    """A label `(20, 15)` of small fields, some pixels unknown."""
    rng = np.random.default_rng(0)
    label = np.kron(rng.integers(0, 3, (4, 3)), np.ones((5, 5))).astype(np.uint8)
    label[rng.random(label.shape) < 0.1] = 255
    return label


@pytest.mark.parametrize(
    ("connectivity", "expected"),
    [
        (4, ["......", "....#.", "...#x#", "....#."]),
        (8, ["......", "...###", "...#x#", "...###"]),
    ],
)
def test_one_pixel_and_its_neighbours_are_at_a_boundary(connectivity, expected):
    label = np.zeros((4, 6), np.uint8)
    label[2, 4] = 1
    found = boundaries.boundary(label, connectivity)
    wanted = np.array([list(row) for row in expected]) != "."
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_boundary_is_where_a_neighbourhood_holds_two_classes(fields, connectivity):
    """As Crop2Seg finds it: each class is spread by a plus or a square, and counted."""
    kernel = np.ones((3, 3)) if connectivity == 8 else [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    spread = [
        cv2.dilate((fields == index).astype(np.uint8), np.array(kernel, np.uint8))
        for index in range(3)
    ]
    expected = (np.sum(spread, axis=0) > 1) & (fields != 255)
    found = boundaries.boundary(fields, connectivity)
    np.testing.assert_array_equal(found, expected)


def test_unknown_pixels_make_no_boundary():
    label = np.array([[0, 255, 1], [0, 255, 255]], np.uint8)
    assert not boundaries.boundary(label, 8).any()
    assert not boundaries.band(label[:, :2], 2).any()


def test_regions_share_the_known_pixels_out(fields):
    edge, inside = (
        boundaries.restrict(fields, region) for region in ("boundary", "interior")
    )
    assert boundaries.restrict(fields) is fields
    np.testing.assert_array_equal(np.minimum(edge, inside), fields)
    assert ((edge == 255) | (inside == 255)).all()
    np.testing.assert_array_equal(edge != 255, boundaries.boundary(fields))
    assert edge.dtype == np.uint8


@pytest.mark.parametrize("distance", [1, 2, 3])
def test_band_is_what_erosion_takes_from_each_class(fields, distance):
    expected = np.zeros(fields.shape, bool)
    window = np.ones((2 * distance + 1,) * 2, np.uint8)
    for index in range(3):
        here, others = fields == index, (fields != index) & (fields != 255)
        expected |= here & (cv2.dilate(others.astype(np.uint8), window) > 0)
    np.testing.assert_array_equal(boundaries.band(fields, distance), expected)


def test_bands_wider_than_the_image_are_all_of_it():
    label = np.array([[0, 0, 0, 1]], np.uint8)
    assert boundaries.band(label, 9).all()
    np.testing.assert_array_equal(boundaries.band(label, 1), [[0, 0, 1, 1]])


def test_boundary_iou_of_an_edge_that_is_one_pixel_off():
    label = np.repeat(np.array([[0] * 10 + [1] * 10], np.uint8), 8, axis=0)
    shifted = np.roll(label, 1, axis=1)
    shifted[:, 0] = 0
    # Class 0 ends at columns 8, 9 in truth and at 9, 10 in the map; class 1 likewise.
    counts = boundaries.overlap(label, shifted, 3, distance=2)
    assert counts.tolist() == [[8, 24], [8, 24], [0, 0]]
    np.testing.assert_allclose(boundaries.iou(counts), [1 / 3, 1 / 3, np.nan])


def test_boundary_iou_of_a_perfect_map_is_one(fields):
    counts = boundaries.overlap(fields, np.where(fields == 255, 0, fields), 3)
    np.testing.assert_array_equal(boundaries.iou(counts), 1)
    np.testing.assert_array_equal(boundaries.iou(counts + counts), 1)


def test_what_a_map_says_where_nothing_is_known_does_not_count(fields):
    rng = np.random.default_rng(1)
    guesses = rng.integers(0, 3, (2, *fields.shape)).astype(np.uint8)
    one, other = (np.where(fields == 255, guess, guesses[0]) for guess in guesses)
    np.testing.assert_array_equal(
        boundaries.overlap(fields, one, 3), boundaries.overlap(fields, other, 3)
    )
