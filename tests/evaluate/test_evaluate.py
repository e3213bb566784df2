"""An evaluation scores every labelled pixel once, whatever the batches."""

import numpy as np
import pytest

from kerasseg import evaluate, legend
from kerasseg.metrics import ConfusionMatrix
from kerasseg.scores import confusion_matrix


def expected_matrix(dataset):
    """Count what the model answers by construction."""
    labels = np.stack(
        [sample["label"] for sample in map(dataset.__getitem__, range(7))]
    )
    images = np.stack(
        [sample["image"] for sample in map(dataset.__getitem__, range(7))]
    )
    return confusion_matrix(labels, images[..., 1] > images[..., 0], 3)


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_every_labelled_pixel_is_counted_once(model, dataset, batch_size):
    result = evaluate.run(model, dataset, batch_size=batch_size)
    np.testing.assert_array_equal(result.matrix, expected_matrix(dataset))
    assert result.matrix.sum() == 6 * 120


def test_agrees_with_the_metric_of_training(model, dataset):
    metric = ConfusionMatrix(3, dataset.legend.names)
    for index in range(len(dataset)):
        sample = dataset[index]
        logits = model.predict_on_batch({"image": sample["image"][None]})
        metric.update_state(sample["label"][None], logits)
    result = evaluate.run(model, dataset)
    np.testing.assert_array_equal(result.matrix, metric.matrix())
    for key, value in metric.result().items():
        found = result.flat("test")[f"test_{key}"]
        np.testing.assert_allclose(found, float(value), rtol=1e-5)


def test_each_sample_has_its_own_scores(model, dataset):
    patches = evaluate.run(model, dataset).patches
    assert [patch.name for patch in patches] == list(dataset.ids)
    accuracies = [patch.accuracy for patch in patches]
    expected = [1, 11 / 12, 10 / 12, np.nan, 8 / 12, 7 / 12, 6 / 12]
    np.testing.assert_allclose(accuracies, expected)


def test_the_best_and_the_worst_are_shown_as_they_are(model, dataset):
    result = evaluate.run(model, dataset, examples=2, batch_size=3)
    assert [example.name for example in result.best] == ["place_0", "place_1"]
    assert [example.name for example in result.worst] == ["place_6", "place_5"]
    shown, sample = result.worst[0], dataset[6]
    np.testing.assert_array_equal(shown.label, sample["label"])
    expected = sample["image"][..., 1] > sample["image"][..., 0]
    np.testing.assert_array_equal(shown.prediction, expected)
    assert shown.image.shape == (12, 10, 3)
    assert shown.accuracy == pytest.approx(0.5)


def test_the_baseline_is_one_class_everywhere(model, dataset):
    result = evaluate.run(model, dataset)
    truth = result.matrix.sum(axis=1)
    assert result.baseline.accuracy == truth.max() / truth.sum()
    given = evaluate.run(model, dataset, majority=int(truth.argmin()))
    assert given.baseline.accuracy == truth.min() / truth.sum() == 0


def test_progress_counts_samples(model, dataset):
    calls = []
    evaluate.run(model, dataset, progress=lambda *call: calls.append(call))
    assert calls == [(index + 1, 7) for index in range(7)]


def test_a_model_that_answers_nan_is_refused(model, dataset):
    weights = model.get_layer("comparison").get_weights()
    model.get_layer("comparison").set_weights([weights[0], np.full(3, np.nan)])
    with pytest.raises(ValueError, match="answers NaN"):
        evaluate.run(model, dataset)


def test_other_bands_are_refused(model, dataset):
    dataset.bands = ("far", "near")
    with pytest.raises(ValueError, match=r"bands near, far, the dataset has far, near"):
        evaluate.run(model, dataset)


def test_other_classes_are_refused(model, dataset):
    classes = dataset.legend.to_dict()["classes"][::-1]
    dataset.legend = legend.from_dict({"classes": classes})
    with pytest.raises(ValueError, match="classes water, wood, ice, the dataset has"):
        evaluate.run(model, dataset)


def test_the_details_name_the_model(model, dataset):
    details = evaluate.run(model, dataset).details
    assert details["Model"] == "comparison"
    assert details["Parameters"] == f"{model.count_params():,}"
    assert details["Bands"] == "near, far"
