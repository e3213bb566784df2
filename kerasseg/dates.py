"""Calendar dates as numbers: days of a season, of the year, of the lunar year.

Dates are NumPy's `datetime64[D]`. Which day a season begins belongs to a dataset, not
to a model: a model sees numbers only.
"""

import re
from collections.abc import Iterable

import numpy as np

_LUNAR_NEW_YEARS = """
    2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29
    2007-02-18 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10
    2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25
    2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06
    2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19
    2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12
"""
LUNAR_NEW_YEARS = np.array(_LUNAR_NEW_YEARS.split(), "datetime64[D]")
"""The first day of each Chinese lunar year from 2000 to 2040."""


def parse(value: int | str) -> np.datetime64:
    """Read one date.

    Args:
        value: `20180915`, `"20180915"` or `"2018-09-15"`.

    Raises:
        ValueError: If it is not a date.
    """
    found = re.fullmatch(r"(\d{4})(-?)(\d{2})\2(\d{2})", str(value))
    try:
        return np.datetime64("{}-{}-{}".format(*found.group(1, 3, 4)), "D")
    except (AttributeError, ValueError):
        raise ValueError(
            f"{value!r} is not a date. Write it as 20180915 or 2018-09-15."
        ) from None


def parse_all(values: Iterable[int | str]) -> np.ndarray:
    """Read dates, `datetime64[D]` `(T,)`, in the order given.

    Raises:
        ValueError: If one of them is not a date.
    """
    return np.array([parse(value) for value in values], "datetime64[D]")


def check_rising(dates: np.ndarray, where: str) -> None:
    """See to it that dates rise from each to the next, as frames of a series do.

    Args:
        dates: `datetime64[D]` `(T,)`.
        where: The series, for messages.

    Raises:
        ValueError: If there are none, one occurs twice, or the order is another.
    """
    if not len(dates):
        raise ValueError(f"{where}: no dates. A series needs at least one.")
    steps = np.diff(dates).astype(int)
    if (steps > 0).all():
        return
    values, times = np.unique(dates, return_counts=True)
    if (times > 1).any():
        raise ValueError(
            f"{where}: date {values[times > 1][0]} occurs twice. Keep one frame of "
            "each date."
        )
    position = int(np.argmax(steps < 0))
    raise ValueError(
        f"{where}: date {dates[position + 1]} follows {dates[position]}. Put dates "
        "and frames in the order of time."
    )


def days_since(dates: np.ndarray, reference: np.datetime64, where: str) -> np.ndarray:
    """Count days since a season's reference date, int32 `(T,)`.

    Args:
        dates: `datetime64[D]` `(T,)`.
        reference: Day 0.
        where: The series, for messages.

    Raises:
        ValueError: If a date lies before day 0.
    """
    days = (dates - reference).astype(np.int32)
    if len(days) and days.min() < 0:
        raise ValueError(
            f"{where}: date {dates.min()} lies before the reference date {reference}. "
            f'Set reference_date: "{dates.min()}" or earlier.'
        )
    return days


def day_of_year(dates: np.ndarray) -> np.ndarray:
    """Return the day of the year, int32 `(T,)`, 1 to 366."""
    return (dates - dates.astype("datetime64[Y]")).astype(np.int32) + 1


def days_since_lunar_new_year(dates: np.ndarray, where: str) -> np.ndarray:
    """Count days since the Chinese New Year before each date, int32 `(T,)`, 0 to 384.

    Args:
        dates: `datetime64[D]` `(T,)`.
        where: The series, for messages.

    Raises:
        ValueError: If a date lies outside the years that are known here.
    """
    year = np.searchsorted(LUNAR_NEW_YEARS, dates, side="right") - 1
    outside = (year < 0) | (year == len(LUNAR_NEW_YEARS) - 1)
    if outside.any():
        raise ValueError(
            f"{where}: the lunar year of {dates[outside][0]} is not known, only those "
            f"from {LUNAR_NEW_YEARS[0]} to {LUNAR_NEW_YEARS[-1]}. Count days of the "
            "season instead."
        )
    return (dates - LUNAR_NEW_YEARS[year]).astype(np.int32)


def nearest(dates: np.ndarray, wanted: np.datetime64) -> int:
    """Return the position of the date nearest to one wanted, the earlier of equals."""
    return int(np.argmin(np.abs((dates - wanted).astype(int))))
