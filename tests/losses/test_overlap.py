"""Jaccard and Dice agree with their equations and published values."""

import numpy as np
import pytest

from kerasseg.losses import dice, jaccard

CASES = ("sm/dense", "sm/absent_class", "sm/confident")
IGNORED = ("smp/ignore", "smp/one_sample_all_void")


def from_probabilities(published, case):
    """Return labels and the logits whose softmax the published case was given."""
    given = np.clip(published(case, "in", "y_pred"), 1e-9, 1)
    return published(case, "in", "y_true").argmax(-1), np.log(given)


def areas(labels, logits):
    """Return overlap, true and predicted area per class, over labelled pixels."""
    exponent = np.exp(logits.astype(np.float64))
    known = labels != 255
    probability = (exponent / exponent.sum(-1, keepdims=True))[known]
    truth = np.eye(logits.shape[-1])[labels[known]]
    return (truth * probability).sum(0), truth.sum(0), probability.sum(0)


def test_jaccard_is_one_minus_overlap_over_union(batch):
    overlap, truth, predicted = areas(*batch)
    expected = 1 - (overlap / (truth + predicted - overlap)).mean()
    np.testing.assert_allclose(jaccard(*batch), expected, rtol=1e-5)


def test_dice_is_one_minus_twice_the_overlap_over_both_areas(batch):
    overlap, truth, predicted = areas(*batch)
    expected = 1 - (2 * overlap / (truth + predicted)).mean()
    np.testing.assert_allclose(dice(*batch), expected, rtol=1e-5)


def test_class_weights_average_the_losses_of_the_classes(batch):
    weights = np.array([1, 2, 0.5, 3, 0])
    overlap, truth, predicted = areas(*batch)
    each = 1 - overlap / (truth + predicted - overlap)
    np.testing.assert_allclose(
        jaccard(*batch, class_weights=weights),
        np.average(each, weights=weights),
        rtol=1e-5,
    )


@pytest.mark.parametrize("loss", [jaccard, dice])
def test_scored_alone_images_are_averaged(loss, batch):
    labels, logits = batch
    each = [loss(labels[i : i + 1], logits[i : i + 1]) for i in range(len(labels))]
    np.testing.assert_allclose(
        loss(labels, logits, per_image=True), np.mean(each), rtol=1e-5
    )


@pytest.mark.parametrize("loss", [jaccard, dice])
def test_without_smoothing_an_absent_class_would_be_undefined(loss, batch):
    with pytest.raises(ValueError, match="smooth 0"):
        loss(*batch, smooth=0)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "loss", "options"),
    [
        ("jaccard", jaccard, {}),
        ("jaccard_per_image", jaccard, {"per_image": True}),
        ("jaccard_smooth_1", jaccard, {"smooth": 1.0}),
        ("jaccard_class_indexes_1_2", jaccard, {"class_weights": (0, 1, 1, 0, 0)}),
        ("dice", dice, {}),
        ("dice_beta2_per_image", dice, {"beta": 2.0, "per_image": True}),
    ],
)
def test_equals_segmentation_models(published, precision, case, name, loss, options):
    result = loss(*from_probabilities(published, case), **options)
    np.testing.assert_allclose(result, published(case, "out", name), rtol=precision)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "loss"), [("jaccard_class_weights", jaccard), ("dice_class_weights", dice)]
)
def test_weights_of_mean_one_equal_segmentation_models(
    published, precision, case, name, loss
):
    # They average weight times score; ours is that average, scaled to mean weight 1.
    weights = np.array(published(case, "meta", name)["class_weights"])
    result = loss(*from_probabilities(published, case), class_weights=weights)
    np.testing.assert_allclose(
        1 - (1 - result) * weights.mean(), published(case, "out", name), rtol=precision
    )


@pytest.mark.parametrize("case", IGNORED)
@pytest.mark.parametrize(
    ("name", "loss"), [("JaccardLoss_ignore", jaccard), ("DiceLoss_ignore", dice)]
)
def test_ignored_pixels_and_gradients_equal_smp(
    published, precision, gradient, case, name, loss
):
    def ours(labels, logits):
        return loss(labels, logits, smooth=1e-9)

    inputs = published(case, "in", "labels"), published(case, "in", "logits")
    np.testing.assert_allclose(
        ours(*inputs), published(case, "out", name), rtol=precision
    )
    np.testing.assert_allclose(
        gradient(ours, *inputs), published(case, "grad", name), rtol=1e-3, atol=1e-8
    )


@pytest.mark.parametrize(
    ("name", "loss"), [("JaccardLoss_ignore", jaccard), ("DiceLoss_ignore", dice)]
)
def test_weight_zero_for_absent_classes_is_what_smp_does(
    published, precision, gradient, name, loss
):
    # They drop absent classes from the sum, but divide by the number of all classes.
    case = "smp/absent_and_ignore"
    labels, logits = published(case, "in", "labels"), published(case, "in", "logits")
    present = np.isin(np.arange(5), labels).astype(float)

    def ours(labels, logits):
        each = loss(labels, logits, class_weights=present, smooth=1e-9)
        return each * present.mean()

    np.testing.assert_allclose(
        ours(labels, logits), published(case, "out", name), rtol=precision
    )
    np.testing.assert_allclose(
        gradient(ours, labels, logits),
        published(case, "grad", name),
        rtol=1e-3,
        atol=1e-8,
    )


def test_chosen_classes_equal_smp(published, precision):
    case = "smp/ignore"
    labels = published(case, "in", "labels")
    filled = np.where(labels == 255, 0, labels)  # their call without ignored pixels
    result = dice(
        filled,
        published(case, "in", "logits"),
        class_weights=(1, 0, 1, 0, 0),
        smooth=1e-9,
    )
    expected = published(case, "out", "DiceLoss_classes_0_2")
    np.testing.assert_allclose(result, expected, rtol=precision)
