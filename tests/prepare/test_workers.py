"""Jobs are shared out among processes, which live no longer than they are needed."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from kerasseg.prepare import workers

pytestmark = pytest.mark.once


def test_every_job_is_done_once_whoever_does_it():
    for number in (1, 2, None):
        assert sorted(workers.results(abs, [-3, 1, -2], number)) == [1, 2, 3]


def test_an_error_of_a_worker_is_that_of_the_job():
    with pytest.raises(ValueError, match="invalid literal"):
        list(workers.results(int, ["1", "x", "2"], 2))


def test_a_worker_that_is_killed_is_told():
    with pytest.raises(ChildProcessError, match="fewer workers: what is finished"):
        list(workers.results(os._exit, [1, 1], 2))


WORKING = """
import time
from kerasseg.prepare import workers
if __name__ == "__main__":
    print("begun", flush=True)
    list(workers.results(time.sleep, [60, 60], 2))
"""


def test_workers_end_with_the_process_that_was_killed(tmp_path):
    script = tmp_path / "working.py"
    script.write_text(WORKING)
    job = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    job.stdout.readline()
    job.stdout.close()
    children = []
    for _ in range(100):
        time.sleep(0.1)
        children = [
            child
            for child in psutil.Process(job.pid).children()
            if "spawn_main" in " ".join(child.cmdline())
        ]
        if len(children) == 2 and all(c.num_threads() > 1 for c in children):
            break
    assert len(children) == 2
    job.send_signal(signal.SIGKILL)
    job.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
