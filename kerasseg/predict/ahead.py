"""Work done in one thread while another does something else."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Generator[T], depth: int = 2) -> Generator[T]:
    """Hand on the items of a generator that a thread works out before they are asked.

    The thread ends with the items, or when the iterator is closed or dropped.

    Args:
        items: Runs in the thread, from its first line to its `finally`.
        depth: Items to hold ready.
    """
    with ThreadPoolExecutor(1) as thread:
        coming = deque(thread.submit(next, items, _END) for _ in range(depth))
        try:
            while (item := coming.popleft().result()) is not _END:
                coming.append(thread.submit(next, items, _END))
                yield item
        finally:
            for each in coming:
                each.cancel()
            thread.submit(items.close)


@contextmanager
def behind(depth: int = 2) -> Iterator[Callable[..., None]]:
    """Give a function that has a thread call another, in order, without waiting.

    What a call raises comes out of a later one, or of the end of the `with`; those
    that lie waiting behind it are not made, for they go on from what it left undone.

    Args:
        depth: Calls that may lie waiting; beyond these the caller waits.
    """
    waiting: deque[Future] = deque()
    has_failed = False

    def unless_failed(function: Callable, *arguments) -> None:
        nonlocal has_failed
        if has_failed:
            return
        try:
            function(*arguments)
        except BaseException:
            has_failed = True
            raise

    def call(function: Callable, *arguments) -> None:
        waiting.append(thread.submit(unless_failed, function, *arguments))
        while len(waiting) > depth:
            waiting.popleft().result()

    with ThreadPoolExecutor(1) as thread:
        yield call
        for each in waiting:
            each.result()
