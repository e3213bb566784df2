"""What an interrupted run goes on from: a folder beside the map.

Each block of a scene leaves its part of the map there, the sums that its neighbours go
on with, and last a record that it is finished. A file is there whole or not at all, so
nothing in the folder needs mending after `kill -9`.
"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import files
from kerasseg import work as works
from kerasseg.raster import whole


@dataclass(frozen=True)
class Work:
    """The folder of a run that is not finished.

    Args:
        folder: It.
        plan: What the run was begun with.
    """

    folder: Path
    plan: Mapping[str, Any]

    def piece(self, name: str, block: int) -> Path:
        """Where a block's part of a file lies."""
        return self.folder / f"{name}_{block:06d}.tif"

    def whole(self, name: str, suffix: str) -> Path:
        """Where a file is made of its pieces, before it goes to its place."""
        return self.folder / f"{name}{suffix}"

    def finished(self) -> list[dict[str, Any]]:
        """Read the records of the blocks that are finished, from the first on."""
        records = []
        while (path := self.record(len(records))).is_file():
            records.append(works.noted(path))
        return records

    def finish(self, block: int, **record: Any) -> None:
        """Record that all of a block lies in the folder."""
        files.write_whole(self.record(block), json.dumps(record))

    def hand_on(self, block: int, **sums: np.ndarray) -> None:
        """Keep what the neighbours of a block go on with."""
        content = io.BytesIO()
        np.savez(content, **sums)
        files.write_whole(self._sums(block), content.getvalue())

    def handed_on(self, block: int | None, name: str) -> np.ndarray | None:
        """Read what a neighbour handed on; None where there is no neighbour."""
        if block is None:
            return None
        with np.load(self._sums(block)) as sums:
            return sums[name]

    def forget(self, block: int | None) -> None:
        """Remove sums that nobody needs any more."""
        if block is not None:
            self._sums(block).unlink(missing_ok=True)

    def record(self, block: int) -> Path:
        """Where it is recorded that a block is finished."""
        return self.folder / f"block_{block:06d}.json"

    def _sums(self, block: int) -> Path:
        return self.folder / f"sums_{block:06d}.npz"


@contextmanager
def at(destination: Path, plan: Mapping[str, Any], fresh: bool) -> Iterator[Work]:
    """Begin to work on a map, or go on where a run with the same plan stopped.

    When the block ends well the folder is removed; when it ends with an error it is
    kept if there is anything to go on from.

    Args:
        destination: The map.
        plan: What the map depends on. `batch_size` is taken over from the run that
            was interrupted, whatever is said here.
        fresh: Whether to discard what another plan has left.

    Raises:
        ValueError: If the run that was interrupted had another plan, or is going on.
        OSError: If the place cannot be written, or the disk is full.
    """
    with works.beside(destination, "work") as work:
        try:
            yield Work(work.folder, _agreed(work, destination, plan, fresh))
        except OSError as error:
            if isinstance(error, FileNotFoundError | ConnectionError):
                raise
            raise whole.failure(destination) from None
        finally:
            if not _is_begun(work):
                work.remove()
        work.remove()


def _agreed(
    work: works.Work, destination: Path, plan: Mapping[str, Any], fresh: bool
) -> Mapping[str, Any]:
    """Return the plan to follow, once it is written down."""
    if fresh or not _is_begun(work):
        work.begin(plan)
        return plan
    differing = [name for name in work.differing(plan) if name != "batch_size"]
    if differing:
        raise ValueError(
            f"{destination}: an unfinished run of it lies in {work.folder}, begun with "
            f"another {', '.join(differing)}. Repeat its command to go on with it, or "
            "discard it with --fresh."
        )
    return work.begun()


def _is_begun(work: works.Work) -> bool:
    return work.begun() is not None and Work(work.folder, {}).record(0).is_file()
