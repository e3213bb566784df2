"""What both contestants of `models.py` are measured with; imports neither of them."""

import json
import resource
import statistics
import sys
import time

MATRIX = 2048
LONG = 30
"""Seconds of a step that needs no warming up."""


def core_seconds() -> float:
    """Return the processor time of this process so far, all threads together."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_gb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def measure(step, rounds: int) -> dict[str, float]:
    """Time a step: the first, which compiles, and the median of the later ones."""
    first, _ = _once(step)
    for _ in range(2 if first < LONG else 0):
        step()
    seconds, cores = zip(*(_once(step) for _ in range(rounds)), strict=True)
    return {
        "first_s": first,
        "seconds": statistics.median(seconds),
        "core_seconds": statistics.median(cores),
    }


def matrix_peak(multiply) -> float:
    """Return the FLOP/s of a product of two large float32 matrices, at its best."""
    multiply()
    return 2 * MATRIX**3 / min(_once(multiply)[0] for _ in range(10))


def _once(step):
    cores, begun = core_seconds(), time.perf_counter()
    step()
    return time.perf_counter() - begun, core_seconds() - cores


def answer(**measured) -> None:
    """Print what was measured as the last line, where `models.py` looks for it."""
    print(json.dumps(measured))
