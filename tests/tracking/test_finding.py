"""A run is found by what one knows of it, and what is missing is told in one line."""

from pathlib import Path

import pytest

from kerasseg import tracking

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def ids(place):
    """Make three runs, two of them of one name, and return their ids, oldest first."""
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(place)
        for name in ("unet", "twin", "twin"):
            run = tracking.start("fields", name)
            (run.folder / "best.keras").write_bytes(b"a model")
            (run.folder / "recipe.yaml").write_text("seed: 1")
            run.close()
            made.append(run.run_id)
    return made


@pytest.fixture
def bare(store):
    """Open a run that has kept nothing, and take it away in the end."""
    run = tracking.start("fields", "bare")
    run.close("FAILED")
    yield run
    tracking.client().delete_run(run.run_id)


def test_a_run_is_found_by_id_by_its_start_and_by_name(ids, store):
    for words in (ids[0], ids[0][:8], "unet"):
        found = tracking.find(words)
        assert found.run_id == ids[0]
        assert found.name == "unet"
        assert found.model == Path("mlruns/checkpoints") / ids[0] / "best.keras"
        assert found.recipe.read_text() == "seed: 1"
        assert found.folder == Path("mlruns/evaluations") / ids[0]


def test_latest_is_the_run_that_began_last(ids, store):
    assert tracking.find("latest").run_id == ids[-1]


def test_runs_are_listed_newest_first(ids, store):
    assert [run["run"] for run in tracking.runs()] == ids[::-1]
    assert {run["status"] for run in tracking.runs()} == {"FINISHED"}


def test_a_model_file_is_found_by_its_path(tmp_path):
    path = tmp_path / "mine.keras"
    path.write_bytes(b"a model")
    found = tracking.find(str(path))
    assert (found.run_id, found.model, found.recipe) == ("mine", path, None)
    assert found.folder == tmp_path / "mine-evaluation"


def test_a_model_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model at .*none\.keras"):
        tracking.find(str(tmp_path / "none.keras"))


def test_a_name_of_two_runs_is_answered_with_their_ids(ids, store):
    with pytest.raises(LookupError, match="'twin' is the name of 2") as told:
        tracking.find("twin")
    assert ids[1][:8] in str(told.value)
    assert ids[2][:8] in str(told.value)
    assert "\n" not in str(told.value)


def test_a_run_that_is_not_there_is_answered_with_those_that_are(ids, store):
    with pytest.raises(LookupError, match=r"no run 'fpn' in sqlite.*unet") as told:
        tracking.find("fpn")
    assert "\n" not in str(told.value)


def test_three_letters_are_no_start_of_an_id(ids, store):
    with pytest.raises(LookupError, match="no run"):
        tracking.find(ids[0][:3])


def test_a_run_that_kept_no_model_is_told(bare):
    with pytest.raises(LookupError, match=f"run {bare.run_id} kept no model"):
        tracking.find(bare.run_id)


def test_a_run_without_a_snapshot_cannot_be_reopened(bare):
    with pytest.raises(LookupError, match=r"run 'bare' has no snapshot in mlruns"):
        tracking.reopen("bare")


def test_reopening_alone_leaves_the_status_as_it_was(bare):
    (bare.folder / "snapshot.npz").write_bytes(b"a snapshot")
    assert tracking.reopen("latest").run_id == bare.run_id
    assert tracking.client().get_run(bare.run_id).info.status == "FAILED"


def test_an_empty_store_holds_no_run(elsewhere):
    assert tracking.runs() == []
    with pytest.raises(LookupError, match="It holds no run yet"):
        tracking.find("latest")
