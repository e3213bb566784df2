"""What an evaluation found, and its files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import boundaries, files
from kerasseg.evaluate.counts import Counts
from kerasseg.legend import Legend
from kerasseg.report import html, tables
from kerasseg.report.examples import Example, Patch
from kerasseg.report.sections import Section
from kerasseg.scores import Scores, majority_matrix, plain, scores, without_void

_SUMMARY = ("mean_iou", "mean_f1", "mean_precision", "mean_recall", "accuracy", "kappa")


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Args:
        legend: The classes.
        counts: Counts of pixels, pooled over all samples.
        patches: The scores of each sample, in the order of the dataset.
        best: Samples on which the model is at its best, the best first.
        worst: Samples on which it is at its worst, the worst first.
        details: What was evaluated, by heading.
        majority: The class of the constant map to compare with; `None` for the most
            frequent one of the evaluated truth.
    """

    legend: Legend
    counts: Counts
    patches: tuple[Patch, ...]
    best: tuple[Example, ...]
    worst: tuple[Example, ...]
    details: Mapping[str, str]
    majority: int | None = None

    @property
    def matrix(self) -> np.ndarray:
        """Counts of pixels `(C, C)`, rows the truth."""
        return self.counts.matrix

    @cached_property
    def scores(self) -> Scores:
        return scores(self.matrix)

    @cached_property
    def baseline(self) -> Scores:
        """Scores of the map that is the majority class everywhere."""
        return scores(majority_matrix(self.matrix, self.majority))

    @property
    def protocols(self) -> dict[str, np.ndarray]:
        """The confusion matrix of each way to score, by its name.

        One, unless the model has answers that no label has. Then `void masked` does
        not let it choose them, and `published` is that of PASTIS: it may, and such
        pixels are left out.
        """
        void = ~self.legend.possible
        if not void.any():
            return {"scores": self.matrix}
        published = without_void(self.counts.free, void)
        return {"void masked": self.matrix, "published": published}

    @property
    def extra(self) -> dict[str, float]:
        """Scores beside those of the map: two guesses, and edges only."""
        top2, edges = scores(self.counts.top2), boundaries.iou(self.counts.edges)
        known = edges[~np.isnan(edges)]
        return {
            "top2_mean_iou": top2.mean_iou,
            "top2_accuracy": top2.accuracy,
            "mean_boundary_iou": float(known.mean()) if known.size else float("nan"),
        }

    def table(self) -> str:
        """Lay the scores out for a terminal."""
        lines = [tables.text(self.scores, self.legend.names, self.baseline)]
        lines += [f"{name.replace('_', ' ')} {v:.3f}" for name, v in self.extra.items()]
        if len(self.protocols) > 1:
            lines += [
                f"{protocol}: mean IoU {scores(matrix).mean_iou:.3f}, "
                f"accuracy {scores(matrix).accuracy:.3f}"
                for protocol, matrix in self.protocols.items()
            ]
        return "\n".join(lines)

    def flat(self, prefix: str) -> dict[str, float]:
        """Return all scores by name, such as `test_mean_iou`, `test_iou/water`.

        What is undefined is `NaN`.
        """
        values = {key: getattr(self.scores, key) for key in _SUMMARY} | self.extra
        for key in tables.COLUMNS:
            each = getattr(self.scores, key).tolist()
            names = self.legend.names
            values |= {f"{key}/{n}": v for n, v in zip(names, each, strict=True)}
        for key in ("mean_iou", "accuracy"):
            values[f"baseline_{key}"] = getattr(self.baseline, key)
        return {f"{prefix}_{key}": value for key, value in values.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings for JSON; what is undefined is `None`."""
        names = self.legend.names
        return {
            **self.scores.to_dict(names),
            **{key: plain(value) for key, value in self.extra.items()},
            "baseline": self.baseline.to_dict(names),
            "num_patches": len(self.patches),
            "num_pixels": int(self.matrix.sum()),
            "protocols": {
                protocol: {
                    "confusion": matrix.tolist(),
                    "mean_iou": plain(scores(matrix).mean_iou),
                    "accuracy": plain(scores(matrix).accuracy),
                }
                for protocol, matrix in self.protocols.items()
            },
        }


def write(
    evaluation: Evaluation,
    folder: str | Path,
    *,
    title: str = "Evaluation",
    details: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, float]] = (),
    sections: Sequence[Section] = (),
) -> Path:
    """Write scores, tables and the report; each file appears whole or not at all.

    Args:
        evaluation: What `run` returned.
        folder: Where `scores.json`, `scores.csv`, `confusion.csv`, `patches.csv` and
            `report.html` go. It is made if it is not there.
        title: Headline of the report.
        details: More to tell in its head, by heading: run, dataset, split.
        history: Scores of each epoch, for learning curves.
        sections: More to show, from `evaluate.series`; the numbers of each go into a
            CSV of its name, too.

    Returns:
        The report.

    Raises:
        OSError: If the folder cannot be written.
    """
    folder = Path(folder)
    names, matrix = evaluation.legend.names, evaluation.matrix
    report = html.render(
        matrix,
        evaluation.legend,
        title=title,
        details={**(details or {}), **evaluation.details},
        best=evaluation.best,
        worst=evaluation.worst,
        history=history,
        majority=evaluation.majority,
        more=sections,
        extra=_extra(evaluation),
    )
    content = json.dumps(evaluation.to_dict(), indent=2, ensure_ascii=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "scores.json": content,
        "scores.csv": tables.class_csv(evaluation.scores, names, matrix),
        "confusion.csv": tables.matrix_csv(matrix, names),
        "patches.csv": tables.patch_csv(evaluation.patches),
        **{f"{section.name}.csv": section.csv() for section in sections},
        "report.html": report,
    }.items():
        files.write_whole(folder / name, text)
    return folder / "report.html"


def _extra(evaluation: Evaluation) -> dict[str, float]:
    """Word the scores that stand beside those of the map, for the report."""
    words = {
        "top2_mean_iou": "Mean IoU of two guesses",
        "top2_accuracy": "Accuracy of two guesses",
        "mean_boundary_iou": "Mean boundary IoU",
    }
    told = {words[name]: value for name, value in evaluation.extra.items()}
    if len(evaluation.protocols) > 1:
        published = scores(evaluation.protocols["published"])
        told["Mean IoU, void left out of truth and map"] = published.mean_iou
        told["Accuracy, void left out of truth and map"] = published.accuracy
    return told
