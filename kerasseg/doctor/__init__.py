"""The data doctor: find what is wrong with data before hours are spent on them.

Every file is read once, window by window or sample by sample; what stays in memory are
a few numbers of each. What can be found stands in one table, `findings.KINDS`; a family
of findings has a file of its own: `kinds`, `tags`, `grids`, `values`, `labels`,
`tiles`, `dates`. What was found is told, nothing is changed.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasseg.doctor import dates, grids, kinds, tags, tiles, values
from kerasseg.doctor import labels as classes
from kerasseg.doctor import samples as of_samples
from kerasseg.doctor import scenes as of_scenes
from kerasseg.doctor.findings import KINDS, SEVERITIES, Finding, ordered
from kerasseg.doctor.scenes import Progress
from kerasseg.legend import Legend
from kerasseg.sample import Dataset

__all__ = ["KINDS", "Finding", "Report", "samples", "scenes"]


@dataclass(frozen=True)
class Report:
    """What the doctor found.

    Args:
        findings: Errors first.
        examined: What was looked at, in a few lines.
        seconds: How long it took.
    """

    findings: tuple[Finding, ...]
    examined: tuple[str, ...]
    seconds: float

    def count(self, severity: str) -> int:
        return sum(each.kind.severity == severity for each in self.findings)

    def is_well(self, strict: bool = False) -> bool:
        """Tell whether there is no error, or, if strict, no warning either."""
        return not self.count("error") and not (strict and self.count("warning"))

    def without(self, ignored: Collection[str]) -> "Report":
        """Leave findings out by id.

        Raises:
            ValueError: If an id is none.
        """
        unknown = sorted(set(ignored) - KINDS.keys())
        if unknown:
            raise ValueError(
                f"no finding {unknown[0]!r}. `kerasseg check --list` tells the ids."
            )
        kept = tuple(each for each in self.findings if each.id not in ignored)
        return Report(kept, self.examined, self.seconds)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings for JSON."""
        return {
            "findings": [each.to_dict() for each in self.findings],
            "examined": list(self.examined),
            "seconds": round(self.seconds, 3),
            **{f"{name}s": self.count(name) for name in SEVERITIES},
        }


def scenes(
    images: str | Path,
    labels: str | Path | None = None,
    *,
    legend: Legend | None = None,
    progress: Progress = None,
) -> Report:
    """Examine rasters as they lie on disk.

    Args:
        images: A raster, a folder (of scenes, or of the dates of one place) or a
            pattern.
        labels: The same for the label rasters: one per image by name, or one for all.
        legend: What label values mean.
        progress: Called with (files done, files in all).

    Raises:
        FileNotFoundError: If there is no raster.
    """
    start = time.monotonic()
    seen, found = of_scenes.gather(images, labels, legend, progress)
    for family in (kinds, tags, grids, values, classes, tiles, dates):
        found.extend(family.find(seen))
    kind = "dates" if seen.is_series else "images"
    number = len({each.date for each in seen.images}) if seen.is_series else None
    examined = (f"{number or len(seen.images)} {kind}, {len(seen.labels)} labels",)
    return Report(ordered(found), examined, time.monotonic() - start)


def samples(
    load: Callable[[str], Dataset], name: str, progress: Progress = None
) -> Report:
    """Examine the samples of train, val and test.

    Args:
        load: From the name of a split to its dataset.
        name: The data, for messages.
        progress: Called with (samples done, samples in all).

    Raises:
        ValueError: If no split can be loaded.
    """
    start = time.monotonic()
    seen, found = of_samples.gather(load, name, progress)
    for family in (values, classes, tiles, dates):
        found.extend(family.find_in_samples(seen))
    examined = tuple(
        f"{split}: {sum(tile.split == split for tile in seen.tiles)} samples"
        for split in seen.splits
    )
    return Report(ordered(found), examined, time.monotonic() - start)
