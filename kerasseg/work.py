"""A folder from which a job that was stopped goes on.

What is finished lies there, file by file, with the plan that it was begun with. A file
is there whole or not at all and one process works there at a time, so nothing needs
mending after `kill -9`. What another plan has left, the job refuses or discards.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasseg import places
from kerasseg.alone import alone
from kerasseg.files import write_whole

PLAN = ".plan.json"
"""The file of the plan; no file of a job may begin with a dot."""


@dataclass(frozen=True)
class Work:
    """The folder of a job that is not finished.

    Args:
        folder: It; this process holds it.
    """

    folder: Path

    def begun(self) -> dict[str, Any] | None:
        """Return the plan that the work was begun with, or None."""
        path = self.folder / PLAN
        return noted(path) if path.is_file() else None

    def differing(self, plan: Mapping[str, Any]) -> list[str]:
        """List the names in which a plan differs from that of the work."""
        begun = self.begun() or {}
        return [
            name
            for name, value in _plain(plan).items()
            if name not in begun or begun[name] != value
        ]

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Discard all that is left, and begin with a plan."""
        self.discard()
        self.note(plan)

    def note(self, plan: Mapping[str, Any]) -> None:
        """Write the plan down, and keep what is finished."""
        write_whole(self.folder / PLAN, json.dumps(_plain(plan), indent=1))

    def discard(self) -> None:
        """Delete all that is left; the plan first: without it nothing else counts."""
        (self.folder / PLAN).unlink(missing_ok=True)
        for left in self.folder.iterdir():
            if left.name != "lock":
                left.unlink()

    def remove(self) -> None:
        """Delete the folder while it is held, or that of the next would be deleted."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def held(folder: Path, what: Path) -> Iterator[Work]:
    """Hold a folder that is there, for this process alone.

    Args:
        folder: The folder.
        what: What is being made, for messages.

    Raises:
        ValueError: If another process holds it.
    """
    with alone(folder, f"{what} is being written"):
        yield Work(folder)


@contextmanager
def beside(destination: Path, ending: str) -> Iterator[Work]:
    """Hold a folder beside a file that is being made.

    Args:
        destination: The file. The folder of a URL is one of this machine.
        ending: What the folder's name ends with.

    Raises:
        IsADirectoryError: If the destination is a folder.
        OSError: If the folder cannot be made.
        ValueError: If another process holds it.
    """
    if not places.is_remote(destination) and destination.is_dir():
        raise IsADirectoryError(f"{destination}: is a folder. Name a file in it.")
    folder = places.beside(destination, f".{destination.name}.{ending}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"{destination}: cannot be written ({error.strerror}). Choose a folder "
            "you may write to."
        ) from None
    with held(folder, destination) as work:
        yield work


def noted(path: Path) -> Any:
    """Read what was noted in the folder of a job.

    Raises:
        ValueError: If it is damaged, as a power cut can leave it.
    """
    try:
        return json.loads(path.read_text())
    except ValueError:
        raise ValueError(
            f"{path}: damaged, so what was begun cannot go on. Remove {path.parent} "
            "and run again."
        ) from None


def _plain(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan as it comes back from its file: tuples as lists, keys as texts."""
    return json.loads(json.dumps(plan, default=str))
