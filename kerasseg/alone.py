"""One process at a time works in a folder."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder for as long as the block, or the process, lives.

    Two processes that go on with one job would overwrite each other's files. A file
    that says "taken" would outlive `kill -9`; the lock that SQLite takes does not, and
    it is the same on every system.

    Args:
        folder: It must be there; the file `lock` in it is what is held.
        what: What is being done in it, for the message: `run ab12 is being fitted`.

    Raises:
        ValueError: If another process holds it.
    """
    lock = sqlite3.connect(folder / "lock", timeout=0, isolation_level=None)
    with contextlib.closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            # Any other failure: a disk that knows no locks, as on some clusters.
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise ValueError(
                    f"{what} by another process, which holds {folder / 'lock'}. Stop "
                    "that first, or wait for it."
                ) from None
        yield
