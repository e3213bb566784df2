"""The sums are sums, and focal Jaccard is the published one."""

import numpy as np
import pytest

from kerasseg import losses

CASES = ("sm/dense", "sm/absent_class", "sm/confident")

# A published example worked through: true classes, and probabilities of each pixel.
LABELS = np.array([[[0, 1], [2, 1]]], np.uint8)
PROBABILITIES = [[(0.7, 0.2, 0.1), (0.3, 0.6, 0.1)], [(0.2, 0.3, 0.5), (0.1, 0.8, 0.1)]]
LOGITS = np.log(np.array([PROBABILITIES], np.float32))


def from_probabilities(published, case):
    """Return labels and the logits whose softmax the published case was given."""
    given = np.clip(published(case, "in", "y_pred"), 1e-7, 1 - 1e-7)
    return published(case, "in", "y_true").argmax(-1), np.log(given)


def test_focal_jaccard_of_four_pixels_is_the_published_value():
    assert float(losses.focal(LABELS, LOGITS)) == pytest.approx(0.00616761, rel=1e-5)
    for index, expected in enumerate([0.437504, 0.560002, 0.384620]):
        alone = np.eye(3)[index]
        score = 1 - float(losses.jaccard(LABELS, LOGITS, class_weights=alone))
        assert score == pytest.approx(expected, abs=1e-6)
    result = float(losses.focal_jaccard(LABELS, LOGITS))
    assert result == pytest.approx(0.545459, abs=1e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("categorical_focal_jaccard", losses.focal_jaccard),
        ("categorical_focal_dice", losses.focal_dice),
    ],
)
def test_focal_sums_equal_segmentation_models(published, precision, case, name, loss):
    result = loss(*from_probabilities(published, case))
    np.testing.assert_allclose(result, published(case, "out", name), rtol=precision)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("cce_jaccard", losses.cross_entropy_jaccard),
        ("cce_dice", losses.cross_entropy_dice),
    ],
)
def test_cross_entropy_sums_equal_segmentation_models(
    published, precision, case, name, loss
):
    # Their cross entropy is a fifth of ours: it is divided by the five classes.
    cross_entropy = published(case, "out", "categorical_crossentropy")
    result = loss(*from_probabilities(published, case)) - 4 * cross_entropy
    np.testing.assert_allclose(
        result, published(case, "out", name), rtol=10 * precision
    )


@pytest.mark.parametrize(
    ("loss", "pixels", "areas", "options"),
    [
        (losses.focal_jaccard, losses.focal, losses.jaccard, {"gamma": 1.0}),
        (losses.focal_jaccard, losses.focal, losses.jaccard, {"alpha": 0.7}),
        (losses.focal_dice, losses.focal, losses.dice, {"gamma": 1.0}),
        (losses.focal_dice, losses.focal, losses.dice, {"alpha": 0.7}),
        (
            losses.cross_entropy_jaccard,
            losses.cross_entropy,
            losses.jaccard,
            {"label_smoothing": 0.1},
        ),
        (
            losses.cross_entropy_dice,
            losses.cross_entropy,
            losses.dice,
            {"label_smoothing": 0.1},
        ),
    ],
)
def test_a_sum_hands_its_options_to_its_parts(batch, loss, pixels, areas, options):
    shared = {"ignore": 3, "class_weights": (1, 2, 3, 4, 5)}
    shape = {"smooth": 0.5, "per_image": True}
    expected = pixels(*batch, **options, **shared) + areas(*batch, **shape, **shared)
    result = loss(*batch, **options, **shape, **shared)
    np.testing.assert_allclose(result, expected, rtol=1e-6)
