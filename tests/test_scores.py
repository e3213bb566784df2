"""Scores must say what the confusion matrix says, and no more."""

import json

import numpy as np
import pytest

from kerasseg.scores import (
    class_weights,
    confusion_matrix,
    inverse_weights,
    majority_matrix,
    scores,
    with_second_guess,
    without_void,
)

pytestmark = pytest.mark.once

# Rows truth: water 6 right, 2 called wood; wood 1 called water, 11 right.
BY_HAND = np.array([[6, 2], [1, 11]])


def test_scores_of_two_classes_are_those_worked_by_hand():
    result = scores(BY_HAND)
    np.testing.assert_allclose(result.iou, [6 / 9, 11 / 14])
    np.testing.assert_allclose(result.f1, [12 / 15, 22 / 25])
    np.testing.assert_allclose(result.precision, [6 / 7, 11 / 13])
    np.testing.assert_allclose(result.recall, [6 / 8, 11 / 12])
    assert result.accuracy == 17 / 20
    chance = (8 * 7 + 12 * 13) / 20**2
    assert result.kappa == pytest.approx((17 / 20 - chance) / (1 - chance))
    assert result.mean_iou == pytest.approx((6 / 9 + 11 / 14) / 2)


def test_an_absent_class_is_nan_and_left_out_of_every_mean():
    with_absent = np.zeros((3, 3), int)
    with_absent[np.ix_([0, 2], [0, 2])] = BY_HAND
    result, without = scores(with_absent), scores(BY_HAND)
    assert result.absent == (1,)
    for key in ("iou", "f1", "precision", "recall"):
        assert np.isnan(getattr(result, key)[1])
        assert getattr(result, f"mean_{key}") == getattr(without, f"mean_{key}")
    assert (result.accuracy, result.kappa) == (without.accuracy, without.kappa)


def test_a_class_that_is_never_predicted_scores_zero():
    result = scores(np.array([[5, 0], [3, 0]]))
    assert result.absent == ()
    for key in ("iou", "f1", "precision", "recall"):
        assert getattr(result, key)[1] == 0


def test_a_class_that_is_claimed_but_not_there_scores_zero():
    result = scores(np.array([[5, 3], [0, 0]]))
    assert result.absent == ()
    for key in ("iou", "f1", "precision", "recall"):
        assert getattr(result, key)[1] == 0


def test_nothing_counted_leaves_every_score_undefined():
    result = scores(np.zeros((2, 2)))
    assert result.absent == (0, 1)
    assert np.isnan([result.mean_iou, result.accuracy, result.kappa]).all()


def test_kappa_is_zero_for_a_constant_map_and_one_for_a_perfect_one():
    assert scores(majority_matrix(BY_HAND)).kappa == 0
    assert scores(np.diag([3, 4])).kappa == 1


def test_kappa_is_undefined_where_there_is_one_class_only():
    result = scores(np.diag([4, 0]))
    assert np.isnan(result.kappa)
    assert result.accuracy == 1


def test_billions_of_pixels_are_scored_exactly():
    big = scores(BY_HAND.astype(np.int64) * 10**12)
    np.testing.assert_array_equal(big.iou, scores(BY_HAND).iou)


def test_undefined_scores_travel_through_json():
    content = scores(np.diag([4, 0])).to_dict(["water", "wood"])
    back = json.loads(json.dumps(content, allow_nan=False))
    assert back["classes"]["wood"]["iou"] is None
    assert back["classes"]["water"]["iou"] == 1
    assert back["absent"] == ["wood"]


def test_names_must_match_the_classes():
    with pytest.raises(ValueError, match="1 class names for 2 classes"):
        scores(BY_HAND).to_dict(["water"])


def test_a_matrix_must_be_square():
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        scores(np.zeros((2, 3)))


def test_rows_count_the_truth_and_columns_the_prediction():
    labels = np.array([[0, 0, 1], [2, 2, 2]], np.uint8)
    predictions = np.array([[0, 1, 1], [2, 0, 2]], np.uint8)
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert confusion_matrix(labels, predictions, 3).tolist() == expected


def test_ignored_pixels_are_counted_nowhere():
    labels = np.array([0, 255, 1, 1], np.uint8)
    predictions = np.array([0, 1, 1, 255], np.uint8)
    assert confusion_matrix(labels, predictions, 2).tolist() == [[1, 0], [0, 1]]


def test_an_ignored_class_loses_its_row_and_its_column():
    labels, predictions = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 2])
    counts = confusion_matrix(labels, predictions, 3, ignore=2)
    assert counts.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_labels_and_predictions_must_have_one_shape():
    with pytest.raises(ValueError, match="differ in shape"):
        confusion_matrix(np.zeros((2, 3)), np.zeros((3, 2)), 2)


def test_the_majority_map_is_the_most_frequent_class_of_the_truth():
    assert majority_matrix(BY_HAND).tolist() == [[0, 8], [0, 12]]
    assert majority_matrix(BY_HAND, majority=0).tolist() == [[8, 0], [12, 0]]


def test_inverse_weights_have_mean_one_over_the_classes_that_occur():
    weights = inverse_weights([100, 300, 0])
    assert weights == pytest.approx((1.5, 0.5, 0))


@pytest.mark.parametrize("counts", [[0, 0], [3, -1], [[1, 2]]])
def test_inverse_weights_refuse_counts_that_are_none(counts):
    with pytest.raises(ValueError, match="class counts"):
        inverse_weights(counts)


CASES = ("no_ignore", "void_last", "void_and_absent", "all_void_batch")


@pytest.fixture(params=CASES)
def published(request, shared):
    """What the metrics of others say of a case, and truth and map of all its pixels."""
    folder = shared("golden", "losses_metrics")
    name = f"metrics/{request.param}"
    meta = json.loads((folder / "meta.json").read_text())["cases"][name]
    with np.load(folder / "io.npz") as arrays:
        target, prediction = (
            np.concatenate(
                [arrays[f"{name}/in/{key}{i}"].ravel() for i in range(meta["batches"])]
            )
            for key in ("target", "pred")
        )
    return meta, target, prediction


def test_agrees_with_the_metric_of_utae_paps(published):
    meta, target, prediction = published
    ignore = 255 if meta["ignore_index_position"] is None else 4
    result = scores(confusion_matrix(target, prediction, 5, ignore))
    overall = meta["utae_overall"]
    np.testing.assert_allclose(result.iou, np.float64(meta["utae_iou_per_class"]))
    for ours, theirs in [
        (result.mean_iou, meta["utae_miou_percent"] / 100),
        (result.accuracy, meta["utae_acc_percent"] / 100),
        (result.mean_f1, overall["MACRO_F1-score"]),
        (result.mean_precision, overall["MACRO_Precision"]),
        (result.mean_recall, overall["MACRO_Recall"]),
        (result.micro_iou, overall["micro_IoU"]),
        (result.accuracy, overall["micro_F1-score"]),
    ]:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_published_protocol_leaves_void_out_of_a_matrix(published):
    meta, target, prediction = published
    whole = confusion_matrix(target, prediction, 5)
    expected = meta["confusion_rows_target_cols_pred"]
    np.testing.assert_array_equal(whole, expected)
    if meta["ignore_index_position"] is None:
        return
    matrix = without_void(whole, [4])
    np.testing.assert_array_equal(matrix, without_void(whole, np.arange(5) == 4))
    np.testing.assert_array_equal(
        matrix, confusion_matrix(target, prediction, 5, ignore=4)
    )
    np.testing.assert_array_equal(whole, expected)


def test_where_void_is_wrong_scores_agree_with_smp_and_torchmetrics(published):
    meta, target, prediction = published
    if meta["ignore_index_position"] is None or np.all(target == 4):
        pytest.skip("without void, all protocols are one")
    known = np.where(target == 4, 255, target)
    result = scores(confusion_matrix(known, prediction, 5))
    theirs = np.float64(meta["torchmetrics_jaccard_none"])
    np.testing.assert_allclose(np.nan_to_num(result.iou), theirs, rtol=1e-6)
    for ours, name in [
        (result.micro_iou, "smp_iou_micro"),
        (result.accuracy, "smp_f1_micro"),
        (result.accuracy, "torchmetrics_accuracy_micro"),
    ]:
        np.testing.assert_allclose(ours, meta[name], rtol=1e-6)


def test_matrices_of_folds_are_added_and_scored_once():
    """A mean over folds would weigh the rare class by where it happens to be."""
    folds = [np.array([[8, 0], [0, 1]]), np.array([[2, 4], [0, 9]])]
    pooled = scores(sum(folds))
    np.testing.assert_allclose(pooled.iou, [10 / 14, 10 / 14])
    assert pooled.mean_iou != np.mean([scores(fold).mean_iou for fold in folds])


def test_a_right_second_guess_counts():
    labels = np.array([0, 0, 1, 2, 255], np.uint8)
    first, second = np.array([0, 1, 2, 1, 0]), np.array([1, 0, 0, 0, 1])
    found = with_second_guess(labels, first, second)
    assert found[:4].tolist() == [0, 0, 2, 1]
    matrix = confusion_matrix(labels, found, 3)
    assert matrix.tolist() == [[2, 0, 0], [0, 0, 1], [0, 1, 0]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("inverse", [1 / 900, 1 / 100]),
        ("inverse_root", [1 / 30, 1 / 10]),
        ("inverse_log", [1 / np.log(1.92), 1 / np.log(1.12)]),
        ("effective", [1 / (1 - np.exp(-90)), 1 / (1 - np.exp(-10))]),
    ],
)
def test_class_weights_are_those_of_their_definition(kind, expected):
    weights = class_weights([900, 0, 100], kind)
    expected = np.array(expected) / np.mean(expected)
    np.testing.assert_allclose(weights, [expected[0], 0, expected[1]])


def test_the_effective_number_grows_slower_than_the_number():
    rarest, rare, common = class_weights([1e2, 1e3, 1e8], "effective")
    assert rarest / rare == pytest.approx(10, rel=1e-3)
    assert rare / common == pytest.approx(1e3, rel=1e-3)
    with pytest.raises(
        ValueError, match=r"class weights 'root'. Choose from: inverse,"
    ):
        class_weights([1, 2], "root")
