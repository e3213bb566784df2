"""Threads that work ahead keep the order, pass faults on, and end."""

import gc
import threading
import time

import pytest

from kerasseg.predict.ahead import ahead, behind

pytestmark = pytest.mark.once


def _counting(stop, seen, fails_at=None):
    try:
        for number in range(stop):
            if number == fails_at:
                raise OSError("the disk went away")
            seen.append((number, threading.current_thread()))
            yield number
    finally:
        seen.append(("closed", threading.current_thread()))


def test_items_come_in_order_from_one_other_thread():
    seen = []
    assert list(ahead(_counting(50, seen))) == list(range(50))
    workers = {thread for _, thread in seen}
    assert len(workers) == 1
    assert threading.main_thread() not in workers


def test_only_a_few_items_are_made_before_they_are_asked_for():
    seen = []
    items = ahead(_counting(50, seen), depth=3)
    next(items)
    time.sleep(0.1)
    assert len(seen) == 4
    items.close()


@pytest.mark.parametrize("how", ["close", "drop"])
def test_the_thread_ends_when_no_more_is_wanted(how):
    before, seen = set(threading.enumerate()), []
    items = ahead(_counting(1000, seen))
    next(items)
    if how == "close":
        items.close()
    del items
    gc.collect()
    assert set(threading.enumerate()) <= before
    assert seen[-1][0] == "closed"


def test_a_fault_in_the_thread_arrives_in_its_turn():
    arrived = []
    with pytest.raises(OSError, match="the disk went away"):
        arrived.extend(ahead(_counting(9, [], fails_at=3)))
    items = ahead(_counting(9, [], fails_at=3))
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the disk went away"):
        next(items)


def test_calls_are_made_in_order_and_are_over_at_the_end():
    made = []
    with behind() as later:
        for number in range(20):
            later(made.append, number)
    assert made == list(range(20))


def test_a_fault_in_a_call_is_not_lost():
    def fail():
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"), behind() as later:
        later(fail)


def test_nothing_goes_on_from_a_call_that_failed():
    made = []

    def make(number):
        time.sleep(0.02)
        if number == 1:
            raise OSError("no space left")
        made.append(number)

    with pytest.raises(OSError, match="no space left"), behind() as later:
        list(map(later, [make] * 4, range(4)))
    assert made == [0]


def test_whoever_calls_too_fast_waits():
    made = []

    def slowly(number):
        time.sleep(0.02)
        made.append(number)

    with behind(depth=2) as later:
        for number in range(10):
            later(slowly, number)
            assert number - len(made) < 3
