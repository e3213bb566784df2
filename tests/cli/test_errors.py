"""A mistake of the user's is one line; a bug keeps its traceback."""

import signal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kerasseg import recipe
from kerasseg.cli.errors import Commands

pytestmark = pytest.mark.once

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def failing():
    """Return a function that runs a command which raises an error."""

    def run(error):
        app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

        @app.callback()
        def start():
            pass

        @app.command()
        def go():
            error()

        return CliRunner().invoke(app, ["go"])

    return run


def _raised(error):
    def run():
        raise error

    return run


def _bad_legend():
    from kerasseg import legend

    legend.from_dict({})


def test_an_error_of_ours_is_one_line(failing):
    done = failing(_bad_legend)
    assert done.exit_code == 2
    assert done.stderr == (
        "kerasseg: error: legend: no classes. Give a list under `classes`.\n"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            PermissionError(13, "Permission denied", "/x"),
            "/x: Permission denied. Choose",
        ),
        (
            OSError(28, "No space left on device"),
            "No space left on device. Free some space, or choose another place.\n",
        ),
        (
            OSError(30, "Read-only file system", "/x"),
            "/x: Read-only file system. Choose another place.\n",
        ),
        (
            MemoryError("Unable to allocate 68.7 GiB"),
            "not enough memory: Unable to allocate 68.7 GiB. Do less at a time: give a "
            "smaller --batch-size or --window, or in a recipe training.batch_size.\n",
        ),
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory.\n\nBuffers:"),
            "not enough memory: RESOURCE_EXHAUSTED: Out of memory. Do less at a time: ",
        ),
        (FileNotFoundError("no recipe at a. Correct the path."), "no recipe at a. Cor"),
    ],
)
def test_an_error_of_the_system_is_one_line(failing, error, line):
    done = failing(_raised(error))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"kerasseg: error: {line}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "error",
    [KeyError("a"), IndexError("b"), TypeError("c"), ValueError("not raised by us")],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_keeps_its_traceback(failing, error):
    done = failing(_raised(error))
    assert done.exception is error
    assert "kerasseg: error" not in done.stderr


def test_ctrl_c_ends_as_a_shell_expects(failing):
    done = failing(_raised(KeyboardInterrupt()))
    assert done.exit_code == 128 + signal.SIGINT
    assert done.stderr == "kerasseg: stopped.\n"


def test_an_error_in_a_worker_process_is_one_line(failing):
    def work():
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pool.submit(recipe.read, "/no/such.yaml", ["a"]).result()
            pool.submit(recipe.read, HOUSE / "recipes/dubai_fpn.yaml", ["a"]).result()

    done = failing(work)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
