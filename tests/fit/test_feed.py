"""Keras gets the batches in the pipeline's order, from any step of any epoch."""

import numpy as np
import pytest

from kerasseg import fit
from kerasseg.fit.feed import Feed


class Counted:
    """Batches whose pixels are their epoch and number; counts how often one begins."""

    sizes_vary = False

    def __init__(self, length: int):
        self.length = length
        self.begun = []

    def __len__(self) -> int:
        return self.length

    def epoch(self, number: int, start: int = 0):
        self.begun.append((number, start))
        for index in range(start, self.length):
            image = np.full((1, 4, 4, 3), 10 * number + index, "float32")
            yield {"image": image}, np.zeros((1, 4, 4), "uint8")


def seen(feed: Feed) -> list[int]:
    return [int(feed[index][0]["image"].flat[0]) for index in range(len(feed))]


@pytest.mark.once
def test_an_epoch_goes_on_where_it_was_left():
    feed = Feed(Counted(5), start=2)
    feed.epoch = 3
    assert seen(feed) == [32, 33, 34]


@pytest.mark.once
def test_an_epoch_may_be_shorter_than_the_data():
    assert seen(Feed(Counted(5), steps=2)) == [0, 1]


@pytest.mark.once
def test_an_epoch_in_order_is_begun_once():
    batches = Counted(5)
    seen(Feed(batches))
    assert batches.begun == [(0, 0)]


@pytest.mark.once
def test_closing_ends_the_reading():
    feed = Feed(Counted(5))
    feed[0]
    iterator = feed._iterator
    feed.close()
    assert list(iterator) == []


@pytest.mark.slow
def test_a_fit_takes_the_batches_in_order(
    elsewhere, tiny_recipe, monkeypatch, unconcluded
):
    asked = []
    given = Feed.__getitem__

    def remember(self, index):
        if self._batches is train[0]:
            asked.append((self.epoch, index))
        return given(self, index)

    train = []
    make = fit.job.make
    monkeypatch.setattr(
        fit.job, "make", lambda r: (plan := make(r), train.append(plan.train))[0]
    )
    monkeypatch.setattr(Feed, "__getitem__", remember)
    fit.run(tiny_recipe(), progress=False)
    assert asked[-9:] == [(epoch, step) for epoch in range(3) for step in range(3)]
