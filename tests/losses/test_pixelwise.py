"""Cross entropy and focal loss agree with their equations and published values."""

import numpy as np
import pytest

from kerasseg.losses import cross_entropy, focal, recall_cross_entropy

DENSE = ("sm/dense", "sm/absent_class", "sm/confident")
LABELLED = ("smp/ignore", "smp/absent_and_ignore", "smp/one_sample_all_void")
VOID = ("torch/void", "torch/absent")


def probabilities(logits):
    exponent = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return exponent / exponent.sum(-1, keepdims=True)


def from_probabilities(published, case):
    """Return labels and the logits whose softmax the published case was given."""
    given = np.clip(published(case, "in", "y_pred"), 1e-7, 1 - 1e-7)
    return published(case, "in", "y_true").argmax(-1), np.log(given)


def test_cross_entropy_is_a_weighted_mean_over_pixels(batch):
    labels, logits = batch
    weights = np.array([1, 2, 0.5, 3, 0])
    known = labels != 255
    truth = labels[known]
    likelihood = probabilities(logits)[known][np.arange(truth.size), truth]
    expected = np.average(-np.log(likelihood), weights=weights[truth])
    np.testing.assert_allclose(
        cross_entropy(labels, logits, class_weights=weights), expected, rtol=1e-5
    )


def test_focal_is_a_weighted_mean_over_pixels_and_classes(batch):
    labels, logits = batch
    weights = np.array([1, 2, 0.5, 3, 0])
    known = labels != 255
    truth = labels[known]
    right = probabilities(logits)[known][np.arange(truth.size), truth]
    each = -0.4 * (1 - right) ** 1.5 * np.log(right)
    expected = np.average(each, weights=weights[truth]) / 5
    result = focal(labels, logits, class_weights=weights, gamma=1.5, alpha=0.4)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_focal_without_focus_is_cross_entropy(batch):
    np.testing.assert_allclose(
        5 * focal(*batch, gamma=0.0, alpha=1.0), cross_entropy(*batch), rtol=1e-5
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_focal_of_a_certain_pixel_has_a_finite_gradient(gamma, gradient):
    logits = np.array([[[[90, 0, 0], [0, 90, 0]]]], np.float32)
    labels = np.zeros((1, 1, 2), np.uint8)
    result = gradient(lambda a, b: focal(a, b, gamma=gamma), labels, logits)
    assert np.all(np.isfinite(result))
    assert result[0, 0, 1, 0] < 0  # certain and wrong still learns


def test_focal_refuses_a_focus_below_zero(batch):
    with pytest.raises(ValueError, match="gamma -1"):
        focal(*batch, gamma=-1)


def test_label_smoothing_spreads_truth_over_all_classes(batch):
    labels, logits = batch
    known = labels != 255
    target = 0.9 * np.eye(5)[labels[known]] + 0.1 / 5
    expected = -(target * np.log(probabilities(logits)[known])).sum(-1).mean()
    np.testing.assert_allclose(
        cross_entropy(labels, logits, label_smoothing=0.1), expected, rtol=1e-5
    )


@pytest.mark.parametrize("case", DENSE)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("categorical_focal", {}),
        ("categorical_focal_g0_a1", {"gamma": 0.0, "alpha": 1.0}),
        ("categorical_focal_g1.5_a0.6", {"gamma": 1.5, "alpha": 0.6}),
    ],
)
def test_focal_equals_segmentation_models(published, precision, case, name, options):
    result = focal(*from_probabilities(published, case), **options)
    np.testing.assert_allclose(result, published(case, "out", name), rtol=precision)


@pytest.mark.parametrize("case", DENSE)
def test_focal_of_chosen_classes_equals_segmentation_models(published, precision, case):
    # They choose classes by index and still divide by all pixels, times two classes.
    labels, logits = from_probabilities(published, case)
    share = np.isin(labels, [0, 2]).mean()
    result = focal(labels, logits, class_weights=(1, 0, 1, 0, 0)) * share * 5 / 2
    expected = published(case, "out", "categorical_focal_class_indexes_0_2")
    np.testing.assert_allclose(result, expected, rtol=precision)


@pytest.mark.parametrize("case", DENSE)
def test_cross_entropy_equals_segmentation_models(published, precision, case):
    # They divide by the number of classes too.
    result = cross_entropy(*from_probabilities(published, case)) / 5
    expected = published(case, "out", "categorical_crossentropy")
    np.testing.assert_allclose(result, expected, rtol=precision)


@pytest.mark.parametrize("case", DENSE)
def test_weighted_cross_entropy_equals_segmentation_models(published, precision, case):
    # They do not divide by the weights.
    labels, logits = from_probabilities(published, case)
    name = "categorical_crossentropy_class_weights"
    weights = np.array(published(case, "meta", name)["class_weights"])
    result = cross_entropy(labels, logits, class_weights=weights)
    np.testing.assert_allclose(
        result * weights[labels].mean() / 5,
        published(case, "out", name),
        rtol=precision,
    )


@pytest.mark.parametrize("case", VOID)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ce_ignore_void", {"ignore": 4}),
        ("ce_weight0_void", {"ignore": 4}),
        ("ce_weight0_void", {"class_weights": (1, 1, 1, 1, 0)}),
        # Smoothed, a class of weight 0 still learns in torch: not so with `ignore`.
        (
            "ce_weight0_void_smooth0.1",
            {"class_weights": (1, 1, 1, 1, 0), "label_smoothing": 0.1},
        ),
    ],
)
def test_cross_entropy_and_its_gradient_equal_torch_as_utae_paps_uses_it(
    published, precision, gradient, case, name, options
):
    inputs = published(case, "in", "labels"), published(case, "in", "logits")
    np.testing.assert_allclose(
        cross_entropy(*inputs, **options),
        published(case, "out", name),
        rtol=precision,
    )

    np.testing.assert_allclose(
        gradient(lambda a, b: cross_entropy(a, b, **options), *inputs),
        published(case, "grad", name),
        rtol=1e-4,
        atol=1e-8,
    )


@pytest.mark.parametrize("case", VOID)
def test_focal_and_its_gradient_equal_crop2seg(published, precision, gradient, case):
    def ours(labels, logits):
        return 5 * focal(labels, logits, ignore=4, gamma=2.0, alpha=1.0)

    inputs = published(case, "in", "labels"), published(case, "in", "logits")
    name = "crop2seg_FocalCELoss_g2_ignore"
    expected = published(case, "out", name)
    np.testing.assert_allclose(ours(*inputs), expected, rtol=precision)
    np.testing.assert_allclose(
        gradient(ours, *inputs), published(case, "grad", name), rtol=1e-4, atol=1e-8
    )


@pytest.mark.parametrize("case", VOID)
def test_focal_of_fixed_focus_and_its_gradient_equal_utae_paps(
    published, precision, gradient, case
):
    def ours(labels, logits):
        options = {"gamma": 2.0, "alpha": 1.0, "fixed_focus": True}
        return 5 * focal(labels, logits, ignore=4, **options)

    inputs = published(case, "in", "labels"), published(case, "in", "logits")
    name = "utae_FocalLoss_g2_ignore"
    expected = published(case, "out", name)
    np.testing.assert_allclose(ours(*inputs), expected, rtol=precision)
    np.testing.assert_allclose(
        gradient(ours, *inputs), published(case, "grad", name), rtol=1e-4, atol=1e-8
    )


@pytest.mark.parametrize("case", VOID)
def test_weighted_focal_and_its_gradient_equal_utae_paps(
    published, precision, gradient, case
):
    # They do not divide by the weights.
    labels, logits = published(case, "in", "labels"), published(case, "in", "logits")
    weights = np.array([0.5, 0.6, 0.7, 0.8, 0.9])

    def ours(labels, logits):
        return 5 * focal(
            labels,
            logits,
            class_weights=weights,
            gamma=1.0,
            alpha=weights[labels].mean(),
            fixed_focus=True,
        )

    name = "utae_FocalLoss_g1_alpha"
    expected = published(case, "out", name)
    np.testing.assert_allclose(ours(labels, logits), expected, rtol=precision)
    np.testing.assert_allclose(
        gradient(ours, labels, logits),
        published(case, "grad", name),
        rtol=1e-4,
        atol=1e-8,
    )


def test_a_batch_of_void_is_no_loss_where_torch_has_none(published):
    inputs = tuple(published("torch/all_void", "in", n) for n in ("labels", "logits"))
    assert np.isnan(published("torch/all_void", "out", "ce_ignore_void"))
    assert cross_entropy(*inputs, ignore=4) == 0


@pytest.mark.parametrize("case", LABELLED)
def test_smoothed_cross_entropy_and_its_gradient_equal_smp(
    published, precision, gradient, case
):
    # They leave ignored pixels out of the sum, but divide by all pixels.
    labels, logits = published(case, "in", "labels"), published(case, "in", "logits")
    share = (labels != 255).mean()

    def ours(labels, logits):
        return share * cross_entropy(labels, logits, label_smoothing=0.1)

    name = "SoftCrossEntropyLoss_s.1_ignore"
    np.testing.assert_allclose(
        ours(labels, logits), published(case, "out", name), rtol=precision
    )
    np.testing.assert_allclose(
        gradient(ours, labels, logits),
        published(case, "grad", name),
        rtol=1e-4,
        atol=1e-8,
    )


def test_recall_weighs_each_class_by_the_share_of_it_that_is_missed(batch):
    labels, logits = batch
    labels = np.where(labels == 3, 255, labels)  # class 3 is never there
    class_weights = np.array([1, 2, 0.5, 3, 0])
    known = labels != 255
    truth, likelihood = labels[known], probabilities(logits)[known]
    chosen = likelihood.argmax(-1)
    each = -np.log(likelihood[np.arange(truth.size), truth])
    total = 0
    for index in (0, 1, 2, 4):
        here = truth == index
        missed = (chosen[here] != index).mean()
        total += class_weights[index] * missed * each[here].sum()
    result = recall_cross_entropy(labels, logits, class_weights=class_weights)
    expected = total / class_weights[truth].sum()
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_a_class_that_is_all_found_still_learns_a_little():
    labels = np.array([[[0, 0, 0, 1]]])
    logits = np.array([[[[2, 0], [2, 0], [2, 0], [0, 1]]]], np.float32)
    each = np.log1p(np.exp([-2, -2, -2, -1]))
    np.testing.assert_allclose(
        recall_cross_entropy(labels, logits),
        (each * [1 / 3, 1 / 3, 1 / 3, 1]).mean(),
        rtol=1e-6,
    )
