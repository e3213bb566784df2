"""The one contract for data: what a sample is, and what a dataset owes its users."""

from collections.abc import Callable, Sequence
from typing import NotRequired, Protocol, TypedDict

import numpy as np

from kerasseg.legend import Legend

ABSENT = -1
"""The day of a date that only fills a series up to the length of its batch."""


class Sample(TypedDict):
    """One labelled place.

    Pixels travel in the type they are stored in; the model's first layer casts and
    normalises them.
    """

    image: np.ndarray
    """`(H, W, C)`, or `(T, H, W, C)` for a series."""
    label: np.ndarray
    """Class indices, uint8 `(H, W)`; `legend.IGNORE` where nothing is known."""
    days: NotRequired[np.ndarray]
    """int32 `(T,)`, days since the season's reference date: from 0 on, rising."""
    day_of_year: NotRequired[np.ndarray]
    """int32 `(T,)`, from 1 for January 1; with every series that has `days`."""


Transform = Callable[[Sample, np.random.Generator], Sample]


class Dataset(Protocol):
    """A sequence of samples of one split, all with the same bands and legend.

    One that knows how large its pixels are tells so in `resolution`, metres or None:
    models fitted on it warn when they are to map pixels of another size.
    """

    bands: tuple[str, ...]
    legend: Legend
    ids: tuple[str, ...]
    """A name for each sample, unique within the dataset."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`."""
        ...

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation per band, in stored units.

        They are those of the training split, whatever the split of this dataset.
        """
        ...

    def fingerprint(self) -> str:
        """Return a short hash that changes when any file of the dataset does."""
        ...


_ROUNDING = 1e-3
"""Thirds that were rounded up are still no more than all."""


def check_fractions(fractions: Sequence[float]) -> None:
    """Refuse shares of train, val and test that cannot be.

    Raises:
        ValueError: If they are not three, negative, all 0 or more than all.
    """
    wrong = len(fractions) != 3 or min(fractions) < 0
    if wrong or not 0 < sum(fractions) <= 1 + _ROUNDING:
        given = ",".join(f"{share:g}" for share in fractions)
        raise ValueError(
            f"fractions {given}, {sum(fractions):g} in all. Give three shares, of "
            "train, val and test, none of them negative and all together at most 1."
        )
