"""The calendar of a season, from what a sample tells of its dates."""

import numpy as np

YEAR = 365
_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
_NAMES = "JanFebMarAprMayJunJulAugSepOctNovDec"


def places(days: np.ndarray, day_of_year: np.ndarray) -> np.ndarray:
    """Put dates in a row: days since January 1 of the year in which the season begins.

    A year has 365 days here, so that seasons of all years lie above each other.

    Args:
        days: Days since the season's reference date, `(T,)`.
        day_of_year: `(T,)`, from 1.

    Returns:
        Whole numbers `(T,)`, rising, equal on December 30 and 31 of a leap year.
    """
    days, day_of_year = (np.asarray(each, np.int64) for each in (days, day_of_year))
    reference = (day_of_year[0] - days[0] - 1) % YEAR + 1
    years = np.round((days[0] - day_of_year[0] + reference) / 365.25).astype(int)
    turns = np.cumsum(np.diff(day_of_year, prepend=day_of_year[:1]) < 0)
    return YEAR * (years + turns) + np.minimum(day_of_year, YEAR) - 1


def months(places: np.ndarray) -> np.ndarray:
    """Return the month of each place: 0 is the first year's January, 12 the next."""
    within = np.searchsorted(_STARTS, places % YEAR, side="right") - 1
    return 12 * (places // YEAR) + within


def name(month: int) -> str:
    """Return what a month is called."""
    start = 3 * (month % 12)
    return _NAMES[start : start + 3]


def date(place: int) -> str:
    """Return what a place is called, such as `14 Sep`."""
    month = int(months(np.array(place)))
    return f"{place % YEAR - _STARTS[month % 12] + 1} {name(month)}"


def ticks(first: int, last: int) -> list[tuple[str, int]]:
    """Return name and place of the beginnings of months from one place to another."""
    low, high = months(np.array([first, last])).tolist()
    step = 1 if high - low < 16 else 2
    starts = [
        (name(month), int(YEAR * (month // 12) + _STARTS[month % 12]))
        for month in range(low, high + 1, step)
    ]
    return [(name, place) for name, place in starts if place >= first]
