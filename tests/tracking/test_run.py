"""What is logged into a run can be read again by MLflow."""

import math
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from kerasseg import tracking

pytestmark = pytest.mark.once


@pytest.fixture
def run(store):
    opened = tracking.start("fields", "a run")
    yield opened
    opened.close()


def known(run: tracking.Run):
    return tracking.client().get_run(run.run_id)


def test_a_new_experiment_keeps_its_files_below_mlruns(run, store):
    experiment = tracking.client().get_experiment_by_name("fields")
    folder = Path(url2pathname(urlparse(experiment.artifact_location).path))
    assert folder == store / "mlruns" / "artifacts" / "fields"
    run.text("seed: 1", "recipe.yaml")
    assert [path.read_text() for path in folder.rglob("recipe.yaml")] == ["seed: 1"]


def test_a_second_run_joins_the_experiment(run):
    other = tracking.start("fields", "another")
    assert known(other).info.experiment_id == known(run).info.experiment_id
    other.close()


def test_a_variable_of_mlflow_names_the_experiment(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "by variable")
    tracking.start("fields", "moved").close()
    assert tracking.runs()[0]["experiment"] == "by variable"


def test_a_variable_that_is_empty_names_nothing(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "")
    tracking.start("fields", "not moved").close()
    assert tracking.runs()[0]["experiment"] == "fields"


def test_an_experiment_that_was_deleted_is_told(store):
    tracking.start("doomed").close()
    client = tracking.client()
    client.delete_experiment(client.get_experiment_by_name("doomed").experiment_id)
    with pytest.raises(ValueError, match=r"'doomed' was deleted.*restore") as told:
        tracking.start("doomed")
    assert "\n" not in str(told.value)


def test_parameters_are_flat_and_more_than_a_hundred(run):
    bands = {f"band {index}": index for index in range(230)}
    run.parameters({"data": {"bands (raw)": bands}, "seed": 1})
    found = known(run).data.params
    assert len(found) == 231
    assert found["data.bands _raw_.band 229"] == "229"


def test_a_long_parameter_is_cut_to_what_mlflow_keeps(run):
    run.parameters({"classes": "x" * 10_000})
    assert found_length(run, "classes") == 6000


def found_length(run: tracking.Run, name: str) -> int:
    return len(known(run).data.params[name])


def test_a_score_that_is_no_number_is_left_out(run):
    run.scores({"iou/water": math.nan, "iou/wood": 0.5}, 0)
    assert known(run).data.metrics == {"iou/wood": 0.5}


@pytest.mark.parametrize("name", ["dry % (old)", "roads/", "a//b", "..", "été", "%"])
def test_a_class_may_have_any_name(run, name):
    run.scores({f"iou/{name}": 0.25}, 0)
    assert list(known(run).data.metrics.values()) == [0.25]


def test_scores_are_kept_per_epoch(run):
    for epoch in range(3):
        run.scores({"loss": 1.0 - epoch / 4}, epoch)
    history = tracking.client().get_metric_history(run.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [
        (0, 1.0),
        (1, 0.75),
        (2, 0.5),
    ]


def test_tags_come_back_and_an_unknown_one_is_none(run):
    run.tags({"a": "b"})
    assert run.tag("a") == "b"
    assert run.tag("c") is None


def test_a_file_and_a_folder_are_kept(run, tmp_path):
    (tmp_path / "report").mkdir()
    for name in ("a.txt", "report/b.txt"):
        (tmp_path / name).write_text(name)
    run.file(tmp_path / "a.txt")
    run.file(tmp_path / "report", "evaluation/test")
    client = tracking.client()
    for folder, expected in ((None, "a.txt"), ("evaluation/test", "b.txt")):
        paths = [file.path for file in client.list_artifacts(run.run_id, folder)]
        assert any(path.endswith(expected) for path in paths), paths


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_says_how_it_ended_and_that_it_goes_on(run, status):
    run.close(status)
    assert known(run).info.status == status
    run.go_on()
    assert known(run).info.status == "RUNNING"
