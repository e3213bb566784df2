"""A progress bar for jobs that say how far they are, how fast, and how long still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def bar(unit: str, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar while a job runs; none where nobody watches.

    Args:
        unit: What is counted, in the plural.
        quiet: Whether to show nothing.

    Yields:
        What the job calls with (done, total); `None` if quiet. Where `done` becomes
        smaller, another job begins.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn(unit), BarColumn(), MofNCompleteColumn(), *_pace(unit))
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(unit, total=None)

        def advance(done: int, total: int) -> None:
            if done < shown.tasks[task].completed:
                shown.reset(task)
            shown.update(task, completed=done, total=total)

        yield advance


def _pace(unit: str) -> tuple[Any, Any]:
    from rich.progress import ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(rate(task.speed, unit), style="progress.data.speed")

    return Rate(), TimeRemainingColumn(elapsed_when_finished=True)


def rate(speed: float | None, unit: str) -> str:
    """Say how fast a job is: per second, or per minute where that is more telling."""
    if speed is None:
        return ""
    return f"{speed:.1f} {unit}/s" if speed >= 1 else f"{speed * 60:.1f} {unit}/min"
