"""What JAX costs at the start is paid once: its memory and its programs."""

import os
import subprocess
import sys

import pytest

from kerasseg import backend

pytestmark = pytest.mark.once

FILL_THREE_TIMES = """
import resource
import numpy as np
from kerasseg import backend

backend.choose("jax")
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(2**27, np.uint8).fill(1)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_kept_for_the_next_step():
    answer = subprocess.run(
        [sys.executable, "-c", FILL_THREE_TIMES],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(answer.stdout) < 10


LEAVE_HOLES = """
import ctypes
from pathlib import Path
from kerasseg import heap

heap.keep_freed_memory()
library = heap._glibc()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def touched(size):
    block = library.malloc(size)
    ctypes.memset(block, 1, size)
    return block


blocks = [touched(100_000) for _ in range(1000)]
large, behind = touched(600 << 20), touched(100_000)
for block in [*blocks[::2], large]:
    library.free(block)
before = resident()
print(heap.fill_holes(), before - resident())
print(library.malloc(90_000) > behind, library.malloc(600 << 20) == large)
print(heap.fill_holes())
mapped = int(Path("/proc/self/statm").read_text().split()[0])
for _ in range(5):
    heap.fill_holes()
print(int(Path("/proc/self/statm").read_text().split()[0]) - mapped)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_small_holes_are_filled_and_their_pages_given_back_and_large_ones_kept():
    answer = subprocess.run(
        [sys.executable, "-c", LEAVE_HOLES], check=True, capture_output=True, text=True
    )
    first, second, third, grown = answer.stdout.splitlines()
    taken, given_back = map(int, first.split())
    assert taken >= 500 * 96_000
    assert given_back >= 0.9 * 500 * 96_000
    assert second == "True True"
    assert int(third) < 10_000_000
    assert int(grown) < 1000, "pages of address space"


MAP = """
import ctypes
from pathlib import Path
from kerasseg import heap

heap.keep_freed_memory()
library = heap._glibc()


def given_back(megabytes):
    block = library.malloc(megabytes << 20)
    ctypes.memset(block, 1, megabytes << 20)
    before = resident()
    library.free(block)
    return before - resident() > megabytes * 1_000_000


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


print(given_back(64))
heap.map_large_blocks()
print(given_back(128))
heap.reserve()
before = resident()
print(heap.fill_holes() < 64 << 20, before - resident() > 60_000_000)
print(given_back(128))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_large_blocks_are_given_back_once_that_is_asked_for():
    answer = subprocess.run(
        [sys.executable, "-c", MAP], check=True, capture_output=True, text=True
    )
    assert answer.stdout.split() == ["False", "True", "True", "True", "True"]


COMPILE = """
from kerasseg import backend

backend.choose("jax")
import jax

found = []
jax.monitoring.register_event_listener(lambda name, **_: found.append(name))
jax.jit(lambda x: x * 3 + 1)(1.0)
print(sum("cache_hits" in name for name in found))
"""


def test_a_program_compiled_once_is_there_at_the_next_start(tmp_path):
    # Another test may have chosen JAX in this process, and with it a folder.
    given = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment = {
        **given,
        "XDG_CACHE_HOME": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    hits = [
        int(
            subprocess.run(
                [sys.executable, "-c", COMPILE],
                check=True,
                capture_output=True,
                text=True,
                env=environment,
            ).stdout
        )
        for _ in range(2)
    ]
    assert hits[0] == 0
    assert hits[1] > 0
    assert list(tmp_path.glob("kerasseg/programs/*/jit_*"))


def test_free_memory_is_what_the_machine_or_its_container_has_left(monkeypatch):
    texts = {"/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:  5000 kB\n"}

    def read_text(path, *_, **__):
        if str(path) not in texts:
            raise FileNotFoundError(path)
        return texts[str(path)]

    assert 0 < backend.free_memory_bytes() < 2**50
    monkeypatch.setattr(backend, "devices", lambda: ["cpu"])
    monkeypatch.setattr(backend.Path, "read_text", read_text)
    assert backend.free_memory_bytes() == 5000 * 1024
    texts["/sys/fs/cgroup/memory.max"] = "3000000\n"
    texts["/sys/fs/cgroup/memory.current"] = "1000000\n"
    assert backend.free_memory_bytes() == 2_000_000
    texts["/sys/fs/cgroup/memory.max"] = "max\n"
    assert backend.free_memory_bytes() == 5000 * 1024
    texts.clear()
    assert backend.free_memory_bytes() == 4 << 30
