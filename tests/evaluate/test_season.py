"""Dates of a season find their place in the calendar, from numbers alone."""

import numpy as np
import pytest

from kerasseg import dates as calendar
from kerasseg.evaluate.series import season

pytestmark = pytest.mark.once


@pytest.mark.parametrize("begin", ["2018-09-15", "2018-12-30", "2019-02-01"])
@pytest.mark.parametrize("year", [0, 1])
def test_months_are_those_of_the_calendar(begin, year):
    """Wherever a series begins, and in a leap year too."""
    shift = np.timedelta64(365 * year, "D")
    dates = np.datetime64(begin) + shift + np.arange(0, 300, 7)
    reference = np.datetime64("2018-09-01") + shift
    days = calendar.days_since(dates, reference, "here")
    places = season.places(days, calendar.day_of_year(dates))
    first = reference.astype("datetime64[Y]").astype("datetime64[M]")
    expected = (dates.astype("datetime64[M]") - first).astype(int)
    near = np.abs(season.months(places) - expected)
    # After February 29 a month may begin a day early.
    assert near.max() <= 1
    assert (near > 0).mean() < 0.08
    assert np.all(np.diff(places) > 0)


def test_days_of_the_lunar_year_find_the_same_place():
    dates = np.datetime64("2018-09-15") + np.arange(0, 400, 10)
    lunar = calendar.days_since_lunar_new_year(dates, "here")
    solar = calendar.days_since(dates, np.datetime64("2018-09-01"), "here")
    day_of_year = calendar.day_of_year(dates)
    np.testing.assert_array_equal(
        season.places(lunar, day_of_year), season.places(solar, day_of_year)
    )


def test_places_have_names():
    assert season.date(0) == "1 Jan"
    assert season.date(243) == "1 Sep"
    assert season.date(365 + 58) == "28 Feb"
    assert season.name(20) == "Sep"


def test_ticks_stand_where_months_begin():
    assert season.ticks(240, 310) == [("Sep", 243), ("Oct", 273), ("Nov", 304)]
    assert season.ticks(360, 400) == [("Jan", 365), ("Feb", 396)]
    assert len(season.ticks(0, 3 * 365)) == 19
