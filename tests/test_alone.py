"""A run has one process at a time, and a killed one holds nothing."""

import subprocess
import sys

import pytest

from kerasseg.alone import alone

pytestmark = pytest.mark.once

HOLD = """
import sys, time
from pathlib import Path
from kerasseg.alone import alone
with alone(Path(sys.argv[1]), "run x is being fitted"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_is_refused_until_the_first_ends(tmp_path):
    with alone(tmp_path, "run x is being fitted"):
        with pytest.raises(
            ValueError, match="run x is being fitted by another process"
        ) as told:
            alone(tmp_path, "run x is being fitted").__enter__()
        assert "\n" not in str(told.value)
    with alone(tmp_path, "run x is being fitted"):
        pass


def test_an_error_gives_the_run_free(tmp_path):
    with pytest.raises(RuntimeError), alone(tmp_path, "run x is being fitted"):
        raise RuntimeError
    with alone(tmp_path, "run x is being fitted"):
        pass


def test_a_killed_process_gives_the_run_free(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(
            ValueError, match="run x is being fitted by another process"
        ):
            alone(tmp_path, "run x is being fitted").__enter__()
        process.kill()
        process.wait(30)
    with alone(tmp_path, "run x is being fitted"):
        pass
