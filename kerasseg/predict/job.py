"""What a map is made of, and what it is known by."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from kerasseg import __version__, artifact, places, raster
from kerasseg.predict.classifying import Classify
from kerasseg.predict.options import Outputs
from kerasseg.predict.reading import Scene

PLAN = "KERASSEG_PLAN"
"""The tag of a map that tells what it was made of."""


@dataclass(frozen=True)
class Job:
    """What a map is made of.

    Args:
        model: The model.
        windows: The scene and its windows.
        classify: From windows to probabilities.
        batch_size: Windows computed at a time.
        destination: The map.
        outputs: What is written beside it.
        told: What else the map depends on.
    """

    model: keras.Model
    windows: Scene
    classify: Classify
    batch_size: int
    destination: Path
    outputs: Outputs
    told: Mapping[str, Any]

    def plan(self, files: Sequence[Path]) -> dict[str, Any]:
        """Write down all that the map depends on, but how its windows are batched."""
        return {
            "version of kerasseg": __version__,
            "backend": keras.config.backend(),
            "model": artifact.fingerprint(self.model),
            "scene": [_state(path) for path in files],
            "choice of options": {**self.told, **_of_pieces(self.outputs)},
            "batch_size": min(self.batch_size, self.windows.count),
        }

    def name(self, files: Sequence[Path]) -> str:
        """Hash the plan: maps with the same name have the same pixels."""
        plan = {**self.plan(files), "batch_size": None, "outputs": asdict(self.outputs)}
        return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def _of_pieces(outputs: Outputs) -> dict[str, Any]:
    """Leave out what is made of the finished map: it may still be chosen otherwise."""
    return {name: getattr(outputs, name) for name in ("probabilities", "confidence")}


def is_made(job: Job, files: Sequence[Path]) -> bool:
    """Tell whether all that is asked for is there already."""
    wanted = [job.destination, *job.outputs.paths(job.destination).values()]
    if not all(path.is_file() for path in wanted):
        return False
    return raster.tags(job.destination).get(PLAN) == job.name(files)


def _state(path: Path) -> list:
    """Name a file and tell when it was written, where it is one."""
    if not places.exists(path):
        return [str(path)]
    return [places.absolute(path), *places.stamp(path)]
