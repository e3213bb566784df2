"""Deal patches out to splits that show different ground, and write the index."""

from collections import Counter
from typing import Any

import numpy as np

from kerasseg import raster
from kerasseg.prepare import folder, leaks, record, splits
from kerasseg.prepare.pairs import Pair
from kerasseg.prepare.record import Dropped, Job, Patch
from kerasseg.prepare.splits import Plan


def finish(jobs: list[Job], plan: Plan, first: raster.Info) -> dict[str, Any]:
    """Deal the patches of finished jobs out, and write the index.

    Args:
        jobs: All jobs.
        plan: How patches are shared out.
        first: Any of the images: bands and type are those of all.

    Returns:
        The content of `patches.json`.

    Raises:
        ValueError: If there is no patch, a split would be empty, or splits would show
            the same ground.
    """
    loaded = [record.load(job) for job in jobs]
    patches = [patch for kept, _ in loaded for patch in kept]
    dropped = [window for _, left in loaded for window in left]
    if not patches:
        reasons = Counter(window.reason for window in dropped)
        told = ", ".join(f"{reason} ({n})" for reason, n in reasons.most_common())
        raise ValueError(
            f"no patch to keep of {len(dropped)}: {told}. Lower --keep, or correct "
            "--background or what else leaves patches out."
        )
    scenes = {job.pair.scene: job.pair for job in jobs}
    units = {
        "scene": lambda patch: scenes[patch.scene].place,
        "block": lambda patch: f"{scenes[patch.scene].place}\n{patch.block}",
        "random": lambda patch: patch.id,
    }[plan.by]
    dealt = splits.assign(
        plan,
        [patch.scene for patch in patches],
        [units(patch) for patch in patches],
        np.array([patch.counts for patch in patches]),
    )
    patches, dealt, near = _apart(patches, dealt, scenes, plan, jobs[0].cut.size)
    dates = {pair.scene: pair.dates for pair in scenes.values() if pair.dates}
    return folder.finish(jobs[0], patches, dealt, dropped + near, first, plan, dates)


def _apart(
    patches: list[Patch],
    dealt: list[str],
    scenes: dict[str, Pair],
    plan: Plan,
    size: int,
) -> tuple[list[Patch], list[str], list[Dropped]]:
    """See to it that splits show different ground, or leave out what is too near."""
    order = {scene: number for number, scene in enumerate(scenes)}
    where = leaks.boxes(
        [raster.info(pair.images[0]) for pair in scenes.values()],
        [order[patch.scene] for patch in patches],
        [(patch.row, patch.column) for patch in patches],
        size,
    )
    if plan.buffer is None:
        leaks.refuse(where, dealt, [patch.id for patch in patches])
        return patches, dealt, []
    out = leaks.too_near(where, dealt, plan.buffer).tolist()
    left = [
        Dropped(patch.scene, patch.row, patch.column, "near another split", patch.facts)
        for patch, gone in zip(patches, out, strict=True)
        if gone
    ]
    kept = [place for place, gone in enumerate(out) if not gone]
    splits.check_filled(plan, [dealt[place] for place in kept], "patches")
    return [patches[place] for place in kept], [dealt[place] for place in kept], left
