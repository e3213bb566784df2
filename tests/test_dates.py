import numpy as np
import pytest

from kerasseg import dates

pytestmark = pytest.mark.once

GOLDEN = {  # date: day of the season, of the year, of the lunar year
    "2018-09-15": (14, 258, 211),
    "2019-01-01": (122, 1, 319),
    "2019-08-01": (334, 213, 177),
}
SEASON = dates.parse("2018-09-01")


def test_days_are_those_of_the_published_codes():
    read = dates.parse_all(GOLDEN)
    counted = np.stack(
        [
            dates.days_since(read, SEASON, "here"),
            dates.day_of_year(read),
            dates.days_since_lunar_new_year(read, "here"),
        ],
        axis=1,
    )
    assert counted.dtype == np.int32
    np.testing.assert_array_equal(counted, list(GOLDEN.values()))


def test_a_date_reads_the_same_in_all_its_forms():
    assert dates.parse(20180915) == dates.parse("20180915") == dates.parse("2018-09-15")


@pytest.mark.parametrize("value", [20181301, "2018-02-30", "2018-9-1", "soon", 2018.5])
def test_what_is_no_date_is_told(value):
    with pytest.raises(ValueError, match=r"is not a date\. Write it as 20180915"):
        dates.parse(value)


def test_a_leap_year_has_366_days():
    days = dates.day_of_year(dates.parse_all([20200229, 20200301, 20201231]))
    np.testing.assert_array_equal(days, [60, 61, 366])


def test_dates_must_rise():
    dates.check_rising(dates.parse_all([20190101]), "x")
    for given, said in (
        ([], "x: no dates"),
        ([20190101, 20190102, 20190101], "x: date 2019-01-01 occurs twice"),
        ([20190103, 20190102], "x: date 2019-01-02 follows 2019-01-03"),
    ):
        with pytest.raises(ValueError, match=said):
            dates.check_rising(dates.parse_all(given), "x")


def test_a_date_before_the_season_names_its_cure():
    with pytest.raises(ValueError, match='Set reference_date: "2018-08-04" or earlier'):
        dates.days_since(dates.parse_all([20180804, 20190101]), SEASON, "x")


def test_the_nearest_date_is_found():
    read = dates.parse_all([20190101, 20190111, 20190131])
    assert dates.nearest(read, dates.parse(20190106)) == 0
    assert dates.nearest(read, dates.parse(20190130)) == 2


def test_lunar_years_begin_at_the_new_moon_seen_from_china():
    """The second new moon after the winter solstice, almost always."""
    noon = np.datetime64("2000-01-06T18:14")  # a new moon, UTC
    years = dates.LUNAR_NEW_YEARS
    since = (years - noon).astype(float) / (24 * 60)
    moons = since / 29.530588861
    assert np.abs(moons - moons.round()).max() * 29.53 < 1.2  # true less mean moon
    assert dates.day_of_year(years).min() >= 21
    assert dates.day_of_year(years).max() <= 51
    assert set(np.diff(years).astype(int)) <= {353, 354, 355, 383, 384, 385}


def test_lunar_years_end_where_they_are_known():
    with pytest.raises(ValueError, match="lunar year of 1999-12-31 is not known"):
        dates.days_since_lunar_new_year(dates.parse_all([19991231]), "x")
