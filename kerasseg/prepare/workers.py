"""Processes that share jobs out among the cores of a machine."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Called with how many jobs are done, and how many there are."""


def results(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int | None = None
) -> Iterable[Result]:
    """Give each job to a process, and the results as they come, in any order.

    Args:
        function: Can be pickled, as the jobs can.
        jobs: What it is called with.
        workers: Processes; by default one per CPU. One works in this process.

    Raises:
        ChildProcessError: If a process was killed.
    """
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        yield from map(function, jobs)
        return
    # A fork of a process in which a backend runs threads may hang: spawn.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin) as pool:
        futures = [pool.submit(function, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise ChildProcessError(
                "a worker process was killed, perhaps for want of memory. Run again "
                "with fewer workers: what is finished is kept."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Set a worker up."""
    # By GDAL's default, many processes would take all memory for their caches.
    os.environ.setdefault("GDAL_CACHEMAX", "256")
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End with the process that began this one, even if it was killed.

    Otherwise the worker would wait for jobs for ever, and hold its memory.
    """
    multiprocessing.parent_process().join()
    os._exit(1)
