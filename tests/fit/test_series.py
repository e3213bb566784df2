"""Series of many lengths are fitted, scored and kept as images are."""

import json

import numpy as np
import pytest
from fakes import SERIES_RECIPE

from kerasseg import artifact, evaluate, fit, recipe, tracking
from kerasseg.fit import folds, plan
from kerasseg.fit.feed import Feed
from kerasseg.pipeline import source

pytestmark = pytest.mark.slow


@pytest.fixture
def series_recipe(elsewhere):
    def write(*overrides: str):
        (elsewhere / "series.yaml").write_text(SERIES_RECIPE)
        return recipe.read(elsewhere / "series.yaml", overrides)

    return write


def test_a_series_model_learns_what_no_single_date_shows(series_recipe):
    asked = series_recipe("training.epochs=12", "training.learning_rate=0.1")
    run_id = fit.run(asked, progress=False)
    run = next(run for run in tracking.runs() if run["run"] == run_id)
    assert run["scores"]["test_mean_iou"] > 0.9
    assert run["scores"]["compiled_training_programs"] <= 2
    found = tracking.find(run_id)
    again = evaluate.run(artifact.load(found.model), source.dataset(asked, "test"))
    assert again.scores.mean_iou == pytest.approx(run["scores"]["test_mean_iou"])
    assert list(again.protocols) == ["void masked", "published"]


def test_a_boundary_head_learns_beside_the_classes(series_recipe):
    asked = series_recipe("model.boundary=true")
    made = plan.make(asked)
    assert made.model.output.shape[-1] == 3 + 2
    feed = Feed(made.train, names=made.model.input)
    before = made.saved.get_layer("tiny_series").get_layer("edge").get_weights()
    made.model.fit(feed.source(), epochs=1, shuffle=False, verbose=0)
    feed.close()
    after = made.saved.get_layer("tiny_series").get_layer("edge").get_weights()
    assert not np.array_equal(before[0], after[0])
    saved = artifact.load(artifact.save(made.saved, "model.keras"))
    assert set(saved.output) == {"logits", "boundary"}


def test_boundaries_can_be_a_class(series_recipe):
    plain = source.dataset(series_recipe(), "train")
    edged = source.dataset(series_recipe("boundaries.as_class=true"), "train")
    assert edged.legend.names[-1] == "Boundary"
    label, found = plain[0]["label"], edged[0]["label"]
    same = found == label
    assert set(np.unique(found[~same])) == {3}
    assert edged.class_counts()[3] == sum(
        np.count_nonzero(edged[index]["label"] == 3) for index in range(len(edged))
    )


def test_folds_are_scored_as_one_and_those_that_finished_are_not_fitted_again(
    series_recipe,
):
    asked = series_recipe("training.epochs=1")
    pooled = folds.run(asked, (1, 2), progress=False)
    found = [
        json.loads(tracking.read(run, "evaluation/test/scores.json"))
        for run in pooled.runs.values()
    ]
    expected = sum(
        np.array(each["protocols"]["published"]["confusion"]) for each in found
    )
    np.testing.assert_array_equal(pooled.matrices["published"], expected)
    parent = next(run for run in tracking.runs() if run["run"] == pooled.run)
    assert parent["scores"]["published mean_iou"] == pytest.approx(
        pooled.scores["published"].mean_iou
    )
    again = folds.run(asked, (1, 2), resume=pooled.runs[2], progress=False)
    assert again.runs == pooled.runs


def test_a_dataset_without_folds_is_told(tiny_recipe):
    with pytest.raises(ValueError, match=r"'fakes.world' has no folds"):
        folds.run(tiny_recipe())


def test_dry_run_counts_the_lengths_of_series(series_recipe):
    told = fit.dry_run(series_recipe())
    assert told["compiled programs"] == 4
    assert told["batch"].startswith("4 × 8 × 16 × 16 × 2 int16")
