"""The offset of baseline 04.00 is told by the darkest date of each side."""

import numpy as np
import pytest

from kerasseg.doctor import dates

pytestmark = pytest.mark.once

BEFORE, SINCE = np.datetime64("2022-01-24", "D"), np.datetime64("2022-01-25", "D")
CLEAR, HAZY, CLOUDY = 180.0, 700.0, 2400.0


def found(before, since):
    dark = [(BEFORE, value) for value in before] + [(SINCE, value) for value in since]
    return [each.id for each in dates.jump(dark, "series")]


@pytest.mark.parametrize("before", [(CLEAR,), (CLEAR, CLOUDY), (HAZY, CLEAR, CLOUDY)])
def test_a_jump_is_found_among_clouds(before):
    assert found(before, (CLEAR + 1000, CLOUDY + 1000)) == ["K504"]


@pytest.mark.parametrize(
    ("before", "since"),
    [
        ((CLEAR,), (CLEAR, CLOUDY)),
        ((CLEAR, CLOUDY), (CLOUDY, CLOUDY)),
        ((CLEAR + 1000,), (CLEAR + 1000,)),
        ((CLOUDY,), (CLEAR + 1000,)),
        ((CLEAR,), ()),
        ((), (CLEAR + 1000,)),
    ],
)
def test_clouds_and_series_of_one_kind_are_no_jump(before, since):
    assert found(before, since) == []


def test_the_sentence_tells_both_ends():
    (each,) = dates.jump([(BEFORE, 180.0), (SINCE, 1204.0)], "series")
    assert "rises from 180 before 2022-01-25 to 1204 since" in each.sentence
