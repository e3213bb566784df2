"""From the data a recipe names to a dataset."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasseg import boundaries, lookup
from kerasseg.legend import IGNORE, Entry, Legend
from kerasseg.recipe import Recipe
from kerasseg.sample import Dataset, Sample

BOUNDARY = Entry("Boundary", (255, 255, 255), (IGNORE - 1,))
"""The class of pixels at a border between others, where a recipe asks for it."""


def dataset(recipe: Recipe, split: str) -> Dataset:
    """Load one split of a recipe's data.

    Raises:
        FileNotFoundError: If the data is not there.
        ValueError: If it is not as it should be.
    """
    load = lookup.find("dataset", recipe.data.name)
    found = lookup.bind(load, recipe.data.options)(split)
    if not recipe.boundaries.as_class:
        return found
    return WithBoundaries(found, recipe.boundaries.connectivity)


@dataclass(frozen=True)
class WithBoundaries:
    """A dataset whose pixels at a border between classes are a class of their own.

    Args:
        dataset: The dataset.
        connectivity: Which pixels are neighbours; see `boundaries.boundary`.

    Source:
        The boundary class of Crop2Seg's data, made on the fly.
    """

    dataset: Dataset
    connectivity: int

    @property
    def bands(self) -> tuple[str, ...]:
        return self.dataset.bands

    @property
    def ids(self) -> tuple[str, ...]:
        return self.dataset.ids

    @property
    def legend(self) -> Legend:
        legend = self.dataset.legend
        return Legend((*legend.classes, BOUNDARY), legend.ignored)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        sample = self.dataset[index]
        edge = boundaries.boundary(sample["label"], self.connectivity)
        known = sample["label"] != IGNORE
        label = np.where(edge & known, self.dataset.legend.num_classes, sample["label"])
        return {**sample, "label": label.astype(np.uint8)}

    def class_counts(self) -> np.ndarray:
        """Count labelled pixels per class, int64 `(num_classes,)`; reads all labels."""
        counts = np.zeros(256, np.int64)
        for index in range(len(self)):
            counts += np.bincount(self[index]["label"].ravel(), minlength=256)
        return counts[: self.legend.num_classes]

    def statistics(self) -> tuple[Any, Any]:
        """Return mean and standard deviation per band, those of the dataset."""
        return self.dataset.statistics()

    def fingerprint(self) -> str:
        return f"{self.dataset.fingerprint()}-boundary{self.connectivity}"
