"""The metric counts exactly what NumPy counts, and Keras logs it under plain names."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.metrics import ConfusionMatrix
from kerasseg.scores import confusion_matrix, scores, with_second_guess

NAMES = ("water", "wood", "road")


def logits_of(predictions, num_classes=3):
    return np.eye(num_classes, dtype=np.float32)[predictions]


@pytest.fixture
def batch():
    """Labels `(2, 8, 7)`, some ignored, and logits of 3 classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (2, 8, 7)).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.2] = 255
    return labels, rng.normal(size=(2, 8, 7, 3)).astype(np.float32)


def values(metric):
    return {key: float(value) for key, value in metric.result().items()}


def test_a_case_worked_by_hand():
    labels = np.array([[[0, 0, 0, 1], [1, 255, 255, 2]]], np.uint8)
    predictions = np.array([[[0, 0, 1, 1], [0, 1, 2, 2]]])
    metric = ConfusionMatrix(3, NAMES)
    metric.update_state(labels, logits_of(predictions))
    assert metric.matrix().tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    chance = (3 * 3 + 2 * 2 + 1) / 36
    expected = {
        "iou/water": 2 / 4,
        "iou/wood": 1 / 3,
        "iou/road": 1,
        "mean_iou": (2 / 4 + 1 / 3 + 1) / 3,
        "mean_f1": (4 / 6 + 2 / 4 + 1) / 3,
        "mean_precision": (2 / 3 + 1 / 2 + 1) / 3,
        "mean_recall": (2 / 3 + 1 / 2 + 1) / 3,
        "accuracy": 4 / 6,
        "kappa": (4 / 6 - chance) / (1 - chance),
    }
    assert values(metric) == pytest.approx(expected, rel=1e-6)


def test_counts_are_those_of_numpy(batch):
    labels, logits = batch
    metric = ConfusionMatrix(3)
    for _ in range(3):
        metric.update_state(labels, logits)
    expected = 3 * confusion_matrix(labels, logits.argmax(-1), 3)
    np.testing.assert_array_equal(metric.matrix(), expected)
    assert metric.matrix().dtype == np.int64


def test_scores_are_those_of_numpy(batch):
    metric = ConfusionMatrix(3, NAMES)
    metric.update_state(*batch)
    expected, result = scores(metric.matrix()), values(metric)
    for key in ("mean_iou", "mean_f1", "mean_precision", "mean_recall"):
        assert result[key] == pytest.approx(getattr(expected, key), rel=1e-6)
    assert result["accuracy"] == pytest.approx(expected.accuracy, rel=1e-6)
    assert result["kappa"] == pytest.approx(expected.kappa, rel=1e-5)


def test_counts_stay_exact_beyond_four_billion():
    metric = ConfusionMatrix(2)
    labels, logits = np.zeros((1, 5, 1)), logits_of(np.zeros((1, 5, 1), int), 2)
    just_below = np.zeros((2, 2), np.int32)
    just_below[0, 0] = 2**30 - 2
    metric.rest.assign(just_below)
    metric.words.assign(np.array([[7, 0], [0, 3]], np.int32))
    metric.update_state(labels, logits)
    expected = [[8 * 2**30 + 3, 0], [0, 3 * 2**30]]
    assert metric.matrix().tolist() == expected
    assert values(metric)["accuracy"] == 1
    metric.update_state(labels, logits)
    assert metric.matrix()[0, 0] == 8 * 2**30 + 8


def test_float32_would_have_stood_still_where_the_metric_counts_on():
    metric = ConfusionMatrix(2)
    metric.rest.assign(np.array([[2**24, 0], [0, 0]], np.int32))
    metric.update_state(np.zeros((1, 1, 1)), logits_of(np.zeros((1, 1, 1), int), 2))
    assert metric.matrix()[0, 0] == 2**24 + 1


def test_an_absent_class_is_nan_and_left_out_of_the_mean():
    metric = ConfusionMatrix(3, NAMES)
    metric.update_state(np.array([[[0, 2, 2]]]), logits_of(np.array([[[0, 2, 0]]])))
    result = values(metric)
    assert np.isnan(result["iou/wood"])
    assert result["mean_iou"] == pytest.approx((1 / 2 + 1 / 2) / 2)


def test_a_class_that_is_missed_counts_as_zero():
    metric = ConfusionMatrix(3, NAMES)
    metric.update_state(np.array([[[0, 1]]]), logits_of(np.array([[[0, 0]]])))
    result = values(metric)
    assert result["iou/wood"] == 0
    assert result["mean_iou"] == pytest.approx(0.25)


def test_before_anything_is_counted_every_score_is_undefined():
    assert np.isnan(list(values(ConfusionMatrix(3)).values())).all()


def test_a_perfect_map_of_one_class_has_no_kappa():
    metric = ConfusionMatrix(2)
    metric.update_state(np.zeros((1, 2, 2)), logits_of(np.zeros((1, 2, 2), int), 2))
    assert np.isnan(values(metric)["kappa"])
    assert values(metric)["accuracy"] == 1


def test_an_ignored_class_is_no_choice_of_the_prediction():
    metric = ConfusionMatrix(3, ignore=2)
    logits = np.array([[[[1, 0, 9], [0, 1, 9], [0, 5, 9]]]], np.float32)
    metric.update_state(np.array([[[0, 1, 2]]]), logits)
    assert metric.matrix().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_padding_is_not_counted_whatever_the_ignored_class(batch):
    labels, logits = batch
    metric = ConfusionMatrix(3, ignore=2)
    metric.update_state(labels, logits)
    assert metric.matrix().sum() == np.isin(labels, [0, 1]).sum()


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32"])
def test_the_number_type_of_the_labels_does_not_matter(batch, dtype):
    labels, logits = batch
    metric = ConfusionMatrix(3)
    metric.update_state(labels.astype(dtype), ops.cast(logits, "bfloat16"))
    assert metric.matrix().sum() == (labels != 255).sum()


def test_a_reset_forgets_everything(batch):
    metric = ConfusionMatrix(3)
    metric.update_state(*batch)
    metric.reset_state()
    assert not metric.matrix().any()


def test_counts_come_back_from_their_variables(batch):
    metric, other = ConfusionMatrix(3), ConfusionMatrix(3)
    metric.update_state(*batch)
    for source, target in zip(metric.variables, other.variables, strict=True):
        target.assign(ops.convert_to_numpy(source))
    np.testing.assert_array_equal(other.matrix(), metric.matrix())


def test_comes_back_from_its_config(batch):
    metric = ConfusionMatrix(3, NAMES, ignore=1, name="val")
    back = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert back.get_config() == metric.get_config()
    back.update_state(*batch)
    metric.update_state(*batch)
    assert values(back).keys() == values(metric).keys()
    np.testing.assert_array_equal(back.matrix(), metric.matrix())


@pytest.mark.parametrize("names", [("water",), ("water", "water", "road")])
def test_each_class_needs_a_name_of_its_own(names):
    with pytest.raises(ValueError, match="3 classes"):
        ConfusionMatrix(3, names)


def test_pixels_cannot_be_weighed(batch):
    with pytest.raises(ValueError, match="cannot be weighed"):
        ConfusionMatrix(3).update_state(*batch, sample_weight=np.ones(2))


def test_keras_logs_the_scores_under_plain_names(batch):
    labels, image = batch
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 7, 3)), keras.layers.Conv2D(3, 1)])
    model.compile(
        "sgd",
        loss=lambda truth, logits: ops.mean(logits**2),
        metrics=[ConfusionMatrix(3, NAMES)],
    )
    history = model.fit(
        image, labels, validation_data=(image, labels), epochs=2, verbose=0
    ).history
    keys = {"loss", *ConfusionMatrix(3, NAMES).result()}
    assert set(history) == keys | {f"val_{key}" for key in keys}
    assert {"mean_iou", "val_mean_iou", "iou/water", "val_iou/water"} < set(history)

    logs = model.evaluate(image, labels, return_dict=True, verbose=0)
    predictions = model.predict_on_batch(image).argmax(-1)
    expected = scores(confusion_matrix(labels, predictions, 3))
    assert logs["mean_iou"] == pytest.approx(expected.mean_iou, rel=1e-6)
    assert history["val_mean_iou"][-1] == logs["mean_iou"]


def test_a_class_that_is_not_possible_is_never_chosen(batch):
    labels, logits = batch
    logits = logits + np.float32([0, 0, 5])
    metric = ConfusionMatrix(3, NAMES, possible=(True, True, False))
    metric.update_state(labels, logits)
    expected = confusion_matrix(labels, logits[..., :2].argmax(-1), 3)
    np.testing.assert_array_equal(metric.matrix(), expected)
    assert not metric.matrix()[:, 2].any()


def test_channels_of_another_head_are_not_read(batch):
    labels, logits = batch
    more = np.concatenate([logits, np.full((2, 8, 7, 2), 99, np.float32)], axis=-1)
    both = ConfusionMatrix(3), ConfusionMatrix(3)
    both[0].update_state(labels, logits)
    both[1].update_state(labels, more)
    np.testing.assert_array_equal(both[0].matrix(), both[1].matrix())


@pytest.mark.parametrize("possible", [None, (True, False, True)])
def test_with_two_guesses_a_right_second_counts(batch, possible):
    labels, logits = batch
    metric = ConfusionMatrix(3, NAMES, guesses=2, possible=possible)
    metric.update_state(labels, logits)
    allowed = logits if possible is None else np.where(possible, logits, -np.inf)
    first, second = np.moveaxis(np.argsort(-allowed, axis=-1)[..., :2], -1, 0)
    expected = confusion_matrix(labels, with_second_guess(labels, first, second), 3)
    np.testing.assert_array_equal(metric.matrix(), expected)
    result = values(metric)
    assert result["top2_accuracy"] == pytest.approx(scores(expected).accuracy)
    assert all(key.startswith("top2_") for key in result)


def test_scores_of_one_and_of_two_guesses_stand_side_by_side(batch):
    labels, logits = batch
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Activation("linear")(image))
    metrics = [ConfusionMatrix(3), ConfusionMatrix(3, guesses=2, name="two guesses")]
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    model.compile(loss=loss, metrics=metrics, jit_compile=False)
    found = model.evaluate(logits, labels, return_dict=True, verbose=0)
    assert found["top2_accuracy"] > found["accuracy"]


def test_options_come_back_from_disk():
    metric = ConfusionMatrix(3, possible=np.array([True, True, False]), guesses=2)
    back = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert back.get_config() == metric.get_config()


@pytest.mark.parametrize("possible", [(True, False), (False, False, False)])
def test_possible_classes_must_be_told_one_by_one(possible):
    with pytest.raises(ValueError, match="for 3 classes"):
        ConfusionMatrix(3, possible=possible)
