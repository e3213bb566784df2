"""What a stopped job has left is gone on with, refused or discarded as a whole."""

from pathlib import Path

import pytest

from kerasseg import work as works

pytestmark = pytest.mark.once

PLAN = {"size": (4, 5), "weights": {1: 0.5}, "source": Path("a.tif")}


@pytest.fixture
def work(tmp_path):
    with works.beside(tmp_path / "map.tif", "work") as found:
        yield found


def test_a_plan_comes_back_equal_to_itself(work):
    assert work.begun() is None
    assert work.differing(PLAN) == ["size", "weights", "source"]
    work.begin(PLAN)
    assert work.differing(PLAN) == []
    assert work.differing({**PLAN, "size": (4, 6)}) == ["size"]


def test_to_begin_discards_and_to_note_keeps(work):
    for keeps, write in ((True, work.note), (False, work.begin)):
        (work.folder / "piece").touch()
        write(PLAN)
        assert (work.folder / "piece").exists() is keeps
        assert work.differing(PLAN) == []


def test_nothing_counts_once_it_is_being_discarded(work, monkeypatch):
    work.begin(PLAN)
    (work.folder / "piece").touch()
    monkeypatch.setattr(Path, "iterdir", None)
    with pytest.raises(TypeError):
        work.discard()
    assert work.begun() is None


def test_one_process_works_at_a_time_also_on_what_was_discarded(work, tmp_path):
    work.begin(PLAN)
    with (
        pytest.raises(ValueError, match=r"map.tif is being written by another process"),
        works.beside(tmp_path / "map.tif", "work"),
    ):
        pass


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    for destination, line in (
        (tmp_path, "is a folder. Name a file in it."),
        (tmp_path / "file" / "map.tif", r"map.tif: cannot be written \(Not a dir"),
    ):
        with pytest.raises(OSError, match=line), works.beside(destination, "work"):
            pass
