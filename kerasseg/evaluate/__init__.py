"""Score a model on a dataset, and write the scores, figures and a report.

Every score is read from one confusion matrix, pooled over the whole dataset. Samples
stream through: what stays in memory is that matrix, one line per sample, and the few
samples the report shows, which are read and mapped a second time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import keras

from kerasseg import artifact, boundaries
from kerasseg.boundaries import Region
from kerasseg.evaluate.counts import Counts
from kerasseg.evaluate.evaluation import Evaluation, write
from kerasseg.evaluate.mapping import Selection, classifier, mapped
from kerasseg.report import pictures
from kerasseg.report.examples import Example, Patch, best_and_worst, patch
from kerasseg.sample import Dataset

__all__ = ["Evaluation", "run", "write"]


def run(
    model: keras.Model,
    dataset: Dataset,
    *,
    batch_size: int = 16,
    examples: int = 4,
    majority: int | None = None,
    region: Region = "all",
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a model on a dataset.

    Args:
        model: A model from `artifact.load` or `artifact.assemble`.
        dataset: What to score it on; its bands and legend must be the model's.
        batch_size: Samples at a time. The scores do not depend on it.
        examples: How many of the best and of the worst samples to keep for the report.
        majority: The class of the constant map to compare with: the most frequent one
            of the training split. `None` takes the one of this dataset's own truth,
            the best constant map in hindsight and so the harder one to beat.
        region: Which pixels are scored: all, those at a boundary between classes, or
            the others.
        progress: Called with (samples done, samples in all).

    Raises:
        ValueError: If the dataset has other bands or classes than the model, or the
            model answers what is not a number.
    """
    _check(model, dataset)
    classify = classifier(model)
    classes = dataset.legend.num_classes
    counts = Counts.zero(classes)
    patches: list[Patch] = []
    for found in mapped(classify, dataset, batch_size):
        label = boundaries.restrict(found.label, region)
        name = dataset.ids[len(patches)]
        about, matrix = patch(name, label, found.first, classes)
        patches.append(about)
        counts.add(matrix, label, found)
        if progress is not None:
            progress(len(patches), len(dataset))
    best, worst = best_and_worst(patches, examples)
    shown = _examples(classify, dataset, [*best, *worst], patches, batch_size)
    return Evaluation(
        legend=dataset.legend,
        counts=counts,
        patches=tuple(patches),
        best=tuple(shown[: len(best)]),
        worst=tuple(shown[len(best) :]),
        details=_details(model, dataset, region),
        majority=majority,
    )


def _check(model: keras.Model, dataset: Dataset) -> None:
    """Refuse data the model would read wrongly."""
    bands, legend = artifact.bands(model), artifact.legend(model)
    if bands != tuple(dataset.bands):
        raise ValueError(
            f"the model reads the bands {', '.join(bands)}, the dataset has "
            f"{', '.join(dataset.bands)}. Choose the dataset it was fitted on."
        )
    if legend.names != dataset.legend.names:
        raise ValueError(
            f"the model maps the classes {', '.join(legend.names)}, the dataset has "
            f"{', '.join(dataset.legend.names)}. Choose the dataset it was fitted on."
        )


def _examples(
    classify: keras.Model,
    dataset: Dataset,
    chosen: Sequence[int],
    patches: Sequence[Patch],
    batch_size: int,
) -> list[Example]:
    """Read and map the chosen samples once more."""
    if not chosen:
        return []
    again = mapped(classify, Selection(dataset, chosen), batch_size)
    return [
        Example(
            name=patches[index].name,
            image=pictures.rgb(found.image, dataset.bands),
            label=found.label,
            prediction=found.first,
            mean_iou=patches[index].mean_iou,
            accuracy=patches[index].accuracy,
        )
        for index, found in zip(chosen, again, strict=True)
    ]


def _details(model: keras.Model, dataset: Dataset, region: str) -> dict[str, str]:
    inner = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    return {
        "Model": ", ".join(inner) or model.name,
        "Parameters": f"{model.count_params():,}",
        "Bands": ", ".join(dataset.bands),
        "Patches": f"{len(dataset):,}",
        "Pixels scored": region,
        "Backend": keras.backend.backend(),
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    }
