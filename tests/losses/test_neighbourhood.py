"""Smoothed labels and boundaries are what their definitions say, pixel by pixel."""

import keras
import numpy as np
import pytest

from kerasseg import boundaries
from kerasseg.losses import boundary, neighbour_cross_entropy

SIDES = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))
CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@pytest.fixture
def fields():
    """Labels `(2, 6, 9)` of a few fields, some pixels unknown, logits of 4 classes."""
    rng = np.random.default_rng(1)
    labels = np.kron(rng.integers(0, 4, (2, 3, 3)), np.ones((2, 3))).astype(np.uint8)
    labels[:, 1, 3:5] = 255
    return labels, rng.normal(0, 2, (2, 6, 9, 4)).astype(np.float32)


def around(labels, place, steps):
    """List the classes known at some steps from a place."""
    image, row, column = place
    _, height, width = labels.shape
    spots = [(row + down, column + right) for down, right in steps]
    found = [
        labels[image, y, x] for y, x in spots if 0 <= y < height and 0 <= x < width
    ]
    return {int(label) for label in found} - {255}


def log_likelihood(logits):
    exact = logits.astype(np.float64)
    return exact - np.log(np.exp(exact).sum(-1, keepdims=True))


@pytest.mark.parametrize("connectivity", [4, 8])
def test_truth_is_shared_among_the_classes_around(fields, connectivity):
    labels, logits = fields
    steps = SIDES + CORNERS * (connectivity == 8)
    little, losses = 0.2 / 4, []
    for place in np.argwhere(labels != 255):
        classes = around(labels, place, steps)
        target = np.full(4, little)
        target[list(classes)] = (1 - little * (4 - len(classes))) / len(classes)
        assert target.sum() == pytest.approx(1)
        losses.append(-target @ log_likelihood(logits)[tuple(place)])
    result = neighbour_cross_entropy(
        labels, logits, label_smoothing=0.2, connectivity=connectivity
    )
    np.testing.assert_allclose(result, np.mean(losses), rtol=1e-5)


def test_background_is_shared_among_the_other_classes(fields):
    labels, logits = fields
    labels = np.where(labels == 1, 1, 255)
    weights = np.array([2, 1, 1, 0.5])
    expected = -(
        np.array([0.4 * 0.25, 0.6, 0.4 * 0.5, 0.4 * 0.25])
        * weights
        * log_likelihood(logits)[labels == 1]
    ).sum(-1)
    result = neighbour_cross_entropy(
        labels,
        logits,
        class_weights=weights,
        background=1,
        background_classes=(1, 2, 1),
    )
    np.testing.assert_allclose(result, expected.mean(), rtol=1e-5)


def test_background_leaves_other_pixels_as_they_are(fields):
    labels, logits = np.where(fields[0] == 0, 255, fields[0]), fields[1]
    np.testing.assert_array_equal(
        neighbour_cross_entropy(labels, logits, background_classes=(1, 2, 3)),
        neighbour_cross_entropy(labels, logits),
    )


@pytest.mark.parametrize("shares", [(1, 2), (1, 2, -3), (0, 0, 0)])
def test_background_must_have_a_share_of_each_other_class(fields, shares):
    with pytest.raises(ValueError, match="for 4 classes"):
        neighbour_cross_entropy(*fields, background_classes=shares)


def test_background_must_be_a_class(fields):
    with pytest.raises(ValueError, match="background 7 of 4 classes"):
        neighbour_cross_entropy(*fields, background=7, background_classes=(1, 2, 3))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_boundary_is_the_focal_loss_of_the_edges_of_labels(fields, gamma, connectivity):
    labels, answer = fields[0], fields[1][..., :2]
    edges = [boundaries.boundary(label, connectivity) for label in labels]
    right = np.take_along_axis(
        np.exp(log_likelihood(answer)), np.stack(edges)[..., None].astype(int), -1
    )[..., 0]
    expected = (-((1 - right) ** gamma) * np.log(right))[labels != 255].mean()
    result = boundary(labels, answer, gamma=gamma, connectivity=connectivity)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_boundary_has_no_gradient_where_the_class_is_unknown(fields, gradient):
    labels, answer = fields[0], fields[1][..., :2]
    result = gradient(boundary, labels, answer)
    assert not np.any(result[labels == 255])
    assert np.all(np.any(result[labels != 255], axis=-1))
    nothing = np.full_like(labels, 255)
    assert boundary(nothing, answer) == 0
    assert not np.any(gradient(boundary, nothing, answer))


def test_a_class_that_is_ignored_makes_no_boundary(fields):
    labels, answer = fields[0], fields[1][..., :2]
    np.testing.assert_array_equal(
        boundary(labels, answer, ignore=2),
        boundary(np.where(labels == 2, 255, labels), answer),
    )


def test_images_of_any_size_are_read(fields):
    """As a fit traces them: batch, height and width unknown."""
    labels, logits = fields

    def both(labels, logits):
        return neighbour_cross_entropy(labels, logits) + boundary(
            labels, logits[..., :2], connectivity=8
        )

    image = keras.Input((None, None, 4))
    model = keras.Model(image, keras.layers.Conv2D(4, 1)(image))
    model.compile(keras.optimizers.Adam(0.01), loss=both, jit_compile=False)
    first = model.evaluate(logits, labels, verbose=0)
    model.fit(logits, labels, epochs=3, verbose=0)
    assert model.evaluate(logits, labels, verbose=0) < first
