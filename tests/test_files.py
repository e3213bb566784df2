import errno
import os
from pathlib import Path

import pytest

from kerasseg import files

pytestmark = pytest.mark.once


def test_a_written_file_replaces_the_old_one(tmp_path):
    (tmp_path / "a").write_text("old")
    files.write_whole(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "new"


def test_a_full_disk_leaves_the_old_file_and_nothing_beside(tmp_path, monkeypatch):
    def fail(path: Path, content: bytes) -> None:
        path.open("wb").close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match=r"a cannot be written: No space left .* again"):
        files.write_whole(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.fixture
def folder(tmp_path):
    for name, content in [("a", "one"), ("b", "two")]:
        (tmp_path / name).write_text(content)
    return tmp_path


def test_equal_files_elsewhere_have_an_equal_fingerprint(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for path in folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    first = files.fingerprint(sorted(folder.iterdir()), folder)
    second = files.fingerprint(sorted(other.iterdir(), reverse=True), other)
    assert first == second


def test_a_changed_content_or_name_changes_the_fingerprint(folder):
    before = files.fingerprint(folder.iterdir(), folder)
    (folder / "a").write_text("One")
    content = files.fingerprint(folder.iterdir(), folder)
    (folder / "a").write_text("one")
    (folder / "a").rename(folder / "c")
    assert len({before, content, files.fingerprint(folder.iterdir(), folder)}) == 3


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file at .*gone"):
        files.fingerprint([tmp_path / "gone"], tmp_path)
