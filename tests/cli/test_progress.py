"""The bar says how fast a job is; where nobody watches there is none."""

import pytest

from kerasseg.cli import progress

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("speed", "told"),
    [(None, ""), (12.34, "12.3 windows/s"), (0.05, "3.0 windows/min")],
)
def test_a_rate_is_told_in_the_unit_that_tells_most(speed, told):
    assert progress.rate(speed, "windows") == told


def test_a_bar_shows_count_rate_and_time_left(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with progress.bar("windows") as advance:
        for jobs in range(2):
            for done in (3, 5, 10):
                advance(done, 10 + jobs)
    shown = capsys.readouterr().err
    assert "10/11" in shown
    assert "windows/" in shown


def test_there_is_no_bar_in_a_log():
    with progress.bar("windows") as advance:
        assert advance is None
