"""What the scores of a model of series depend on: dates, season, classes, confidence.

Each sample is read once. How a model fares with fewer dates is found by showing it a
part of each series, so it says nothing of a model that was fitted on such parts.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from kerasseg import artifact
from kerasseg.evaluate.series import attention, profile, season
from kerasseg.evaluate.series.answers import Answers
from kerasseg.evaluate.series.calibration import Calibration
from kerasseg.evaluate.series.subsets import Gathered, Subsets
from kerasseg.legend import Legend
from kerasseg.report import series_panels
from kerasseg.report.sections import Section
from kerasseg.sample import Dataset, Sample

__all__ = ["sections"]


def sections(
    model: keras.Model,
    dataset: Dataset,
    *,
    counts: Mapping[str, np.ndarray] | None = None,
    patches: int = 24,
    batch_size: int = 4,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Section]:
    """Look into a model of series.

    Args:
        model: A model from `artifact.load` or `artifact.assemble`.
        dataset: Series with its bands and classes.
        counts: Labelled pixels per class of each split, by name, as `class_counts`
            returns them.
        patches: How many samples to look at, chosen at random: each is mapped some
            forty times, with fewer dates.
        batch_size: Series at a time. The scores do not depend on it.
        seed: Decides which samples, and which dates of them.
        progress: Called with (samples done, samples in all).

    Returns:
        For a report: score against the number of dates, the season cut and missing
        dates; attention over dates, if the model has any; NDVI through the season, if
        there are a red and a near infrared band; classes per split; and reliability.

    Raises:
        ValueError: If the model does not read series, or answers what is not a number.
    """
    if "days" not in model.input:
        raise ValueError(
            f"model {model.name!r} reads single images, not series. Evaluate it "
            "without the report for series."
        )
    legend = artifact.legend(model)
    parts = _Parts(model, dataset, batch_size)
    rng = np.random.default_rng(seed)
    number = min(patches, len(dataset))
    chosen = np.sort(rng.choice(len(dataset), number, replace=False))
    for done, index in enumerate(chosen.tolist(), start=1):
        parts.add(dataset[index], np.random.default_rng([seed, index]))
        if progress is not None:
            progress(done, number)
    shown = parts.sections()
    if counts:
        shown.insert(-1, _distribution(counts, legend))
    return shown


class _Parts:
    """All that is gathered from samples, one after the other."""

    def __init__(self, model: keras.Model, dataset: Dataset, batch_size: int):
        legend = artifact.legend(model)
        self._answers = Answers(model, batch_size)
        self._gathered = Gathered(legend.num_classes)
        self._calibration = Calibration()
        self._others = []
        exposed = attention.exposed(model)
        if exposed is not None:
            self._others.append(attention.Attention(model, exposed, legend))
        bands = profile.find_bands(dataset.bands)
        if bands is not None:
            self._others.append(profile.Profile(legend, *bands))

    def add(self, sample: Sample, rng: np.random.Generator) -> None:
        places = season.places(sample["days"], sample["day_of_year"])
        subsets = Subsets(len(places), season.months(places), rng)
        label = sample["label"]

        def answers(wanted):
            for subset, chosen, confidence in self._answers.each(sample, wanted):
                if subset == subsets.whole:
                    self._calibration.add(label, chosen, confidence)
                yield subset, chosen

        self._gathered.add(subsets, label, answers)
        for other in self._others:
            other.add(sample)

    def sections(self) -> list[Section]:
        return [
            *self._gathered.sections(),
            *(other.section() for other in self._others),
            self._calibration.section(),
        ]


def _distribution(counts: Mapping[str, np.ndarray], legend: Legend) -> Section:
    return Section(
        "classes",
        "Labelled pixels of each class",
        "In each split; a step of the axis is ten times as many.",
        series_panels.distribution(counts, legend.names, legend.colors),
        ("class", *counts),
        tuple(
            (name, *(int(each[index]) for each in counts.values()))
            for index, name in enumerate(legend.names)
        ),
    )
