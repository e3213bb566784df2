"""A run knows the packages and the commit it was made with."""

import subprocess

import keras
import pytest

from kerasseg import tracking

pytestmark = pytest.mark.once


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Make a repository of one commit, whatever the settings of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "a.txt").write_text("a")
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")
    for words in (["init", "-q"], ["add", "a.txt"], [*who, "commit", "-qm", "Begin"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_versions_are_those_that_are_installed():
    found = tracking.versions()
    assert found["keras"] == keras.__version__
    assert {"kerasseg", "numpy", "mlflow"} <= found.keys()


def test_a_package_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(tracking.circumstances, "_PACKAGES", ("keras", "no-such-one"))
    assert list(tracking.versions()) == ["keras"]


def test_a_clean_repository_is_at_its_commit(repository):
    command = ["git", "rev-parse", "HEAD"]
    head = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert tracking.commit(repository) == head.stdout.strip()
    assert len(head.stdout.strip()) == 40


def test_a_change_that_is_not_committed_adds_a_plus(repository):
    clean = tracking.commit(repository)
    (repository / "a.txt").write_text("b")
    assert tracking.commit(repository) == clean + "+"


def test_a_folder_outside_git_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert tracking.commit(tmp_path) == ""


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tracking.commit(tmp_path) == ""
