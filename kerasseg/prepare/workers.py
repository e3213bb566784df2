"""Processes that share jobs out among the cores of a machine."""

import multiprocessing
import os
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
    with ProcessPoolExecutor(workers, context, limit_cache) as pool:
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


def limit_cache() -> None:
    """Let GDAL cache 256 MB in each process; by its default, many would take all."""
    os.environ.setdefault("GDAL_CACHEMAX", "256")
