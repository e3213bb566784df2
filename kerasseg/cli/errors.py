"""What the command line makes of errors: one clear line, or a traceback for a bug."""

import errno
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

FINDINGS, BAD_INPUT = 1, 2
"""Exit codes: something was found wrong; what was asked for cannot be done."""

_OURS = str(Path(__file__).parents[1])


class Commands(TyperGroup):
    """The commands, with a word for each error.

    A mistake of the user's ends with exit code 2 and a line that says what to do; a
    mistake of ours keeps its traceback; Ctrl-C ends with 130, as a shell expects.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("kerasseg: stopped.", err=True)
            raise typer.Exit(128 + signal.SIGINT) from None
        except Exception as error:
            if not _is_users(error):
                raise
            tell(_worded(error))
            raise typer.Exit(BAD_INPUT) from None


def tell(message: str) -> None:
    """Write an error, one line per fault."""
    for line in message.splitlines():
        typer.echo(f"kerasseg: error: {line}", err=True)


def _is_users(error: Exception) -> bool:
    """Tell a mistake of the user's from a bug.

    The parts raise `ValueError` and `LookupError` on purpose, with a message for the
    user. Raised by another library, they are as a rule our mistake.
    """
    if hasattr(error, "format_message"):  # The command line itself is wrong.
        return True
    if isinstance(error, BrokenPipeError):
        return False
    if isinstance(error, OSError) or _is_of_memory(error):
        return True
    if isinstance(error, KeyError | IndexError | UnicodeError):
        return False
    return isinstance(error, ValueError | LookupError) and _is_raised_by_us(error)


def _is_of_memory(error: Exception) -> bool:
    """Tell that memory ran out: NumPy's, JAX's or TensorFlow's, by their own words."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def _is_raised_by_us(error: Exception) -> bool:
    # From a worker process only the text of the traceback comes back, as the cause.
    if type(error.__cause__).__name__ == "_RemoteTraceback":
        places = [line for line in str(error.__cause__).splitlines() if "File " in line]
        return bool(places) and _OURS in places[-1]
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_OURS)


def _worded(error: Exception) -> str:
    if hasattr(error, "format_message"):
        command = getattr(getattr(error, "ctx", None), "command_path", "kerasseg")
        told = " ".join(error.format_message().replace("Value error, ", "").split())
        told += _received(error, told)
        stop = "" if told.endswith((".", "?")) else "."
        return f"{told}{stop} See `{command} --help`."
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        cure = _CURES.get(type(error)) or _PLACES.get(error.errno, "")
        return f"{name}{error.strerror}. {cure}".strip()
    if _is_of_memory(error):
        said = next(iter(str(error).splitlines()), "") or "no more is to be had"
        return (
            f"not enough memory: {said.rstrip('.')}. Do less at a time: give a smaller "
            "--batch-size or --window, or in a recipe training.batch_size."
        )
    return str(error)


def _received(error: Exception, told: str) -> str:
    """Return the value that was refused, which messages of ranges leave out."""
    faults = getattr(error.__cause__, "errors", list)()
    values = [fault["input"] for fault in faults if "input" in fault]
    return f", not {values[0]}" if values and str(values[0]) not in told else ""


_CURES = {
    FileNotFoundError: "Correct the path.",
    PermissionError: "Choose another place, or change its permissions.",
    FileExistsError: "Choose another name, or remove it first.",
    IsADirectoryError: "Give a file.",
    NotADirectoryError: "Give a folder.",
}


_PLACES = dict.fromkeys((errno.EROFS, errno.EDQUOT), "Choose another place.")
_PLACES[errno.ENOSPC] = "Free some space, or choose another place."


def fail(message: str, code: int = FINDINGS) -> None:
    """Tell findings and end."""
    tell(message)
    sys.stdout.flush()
    raise typer.Exit(code)
