"""From the pieces of a map to the files that are asked for."""

from collections.abc import Sequence

import numpy as np

from kerasseg import artifact, files, places, raster
from kerasseg.predict.blending import Block
from kerasseg.predict.job import PLAN, Job
from kerasseg.predict.painting import pieces
from kerasseg.predict.work import Work
from kerasseg.raster import Info, cog

_LONGEST = 1600
"""Pixels of the longer side of a quicklook, at most."""


def finish(
    work: Work, job: Job, parts: Sequence[Block], pixels: np.ndarray, name: str
) -> None:
    """Write all files in the folder of the work, then put them in their places.

    The map comes last: once it is there, so is all the rest.

    Args:
        work: Where the pieces lie.
        job: What was asked for.
        parts: All blocks.
        pixels: Pixels per class, and, last, without data.
        name: What the map is known by, once it is there.
    """
    info, legend = job.windows.stack.info, artifact.legend(job.model)
    beside = job.outputs.paths(job.destination)
    wanted = {"map": job.destination, **beside}
    # By their kind: under their own names they could replace a piece.
    made = {kind: work.whole(kind, path.suffix) for kind, path in wanted.items()}
    for kind in ("map", "confidence", "probabilities"):
        if kind in made:
            overviews = "mode" if kind == "map" else "average"
            tags = {PLAN: name} if kind == "map" else {}
            parted = pieces(work, kind, parts)
            cog.join(parted, info, made[kind], overviews=overviews, tags=tags)
    if "polygons" in made:
        from kerasseg.predict import polygons

        polygons.write(made["map"], made["polygons"], legend, job.outputs)
    if "quicklook" in made:
        from kerasseg.report import pictures, quicklook

        label = raster.thumbnail(made["map"], _LONGEST)
        picture = quicklook.draw(label, legend, pixels, _scale(info, label))
        files.write_whole(made["quicklook"], pictures.png(picture))
    for kind, path in beside.items():
        places.publish(made[kind], path)
    places.publish(made["map"], job.destination)


def _scale(info: Info, label: np.ndarray) -> float | None:
    """Return the metres along a pixel of the picture, if the scene knows."""
    metres = info.resolution
    return None if metres is None else metres * info.width / label.shape[1]
