"""A progress bar for jobs that say how far they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(unit: str, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar while a job runs; none where nobody watches.

    Args:
        unit: What is counted, in the plural.
        quiet: Whether to show nothing.

    Yields:
        What the job calls with (done, total); `None` if quiet.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn(unit), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as shown:
        task = shown.add_task(unit, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
