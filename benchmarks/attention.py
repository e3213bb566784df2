"""Speed and memory of the temporal attention, against its plain equations in PyTorch.

    KERASSEG_PEER_PYTHON=.venv-bench/bin/python python benchmarks/attention.py

Two places: U-TAE's, 128 channels at an eighth of the size, and Time-Unet's, 64 channels
at full size. A prediction, and a train step: the answer, and the gradients of input and
weights. Every figure comes from a process of its own; the contestants alternate; of the
rounds the fastest counts. The input lies in memory before, and counts as memory.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import date
from itertools import product
from pathlib import Path

from models import CONTESTANTS, KEEP_MEMORY

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
BEGIN, END = "<!-- attention: begin -->\n", "<!-- attention: end -->\n"
PLACES = {"U-TAE": (128, 8), "Time-Unet": (64, 1)}
"""Channels, and by how much the image is smaller."""
COLUMNS = (
    "place",
    "task",
    "contestant",
    "seconds",
    "core-seconds",
    "first step, s",
    "peak memory, GB",
)
Measured = dict[str, float | str]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cores = len(os.sched_getaffinity(0))
    arguments.add_argument("--batch", type=int, default=2)
    arguments.add_argument("--dates", type=int, default=43)
    arguments.add_argument("--size", type=int, default=128)
    arguments.add_argument("--threads", type=int, default=cores)
    arguments.add_argument("--steps", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--places", nargs="+", choices=PLACES, default=PLACES)
    arguments.add_argument("--write", action="store_true", help=f"into {RESULTS.name}")
    options = arguments.parse_args()
    if "KERASSEG_PEER_PYTHON" not in os.environ:
        sys.exit(
            "Set KERASSEG_PEER_PYTHON to a Python that has PyTorch (`make bench`)."
        )
    best: dict[tuple[str, str, str], Measured] = {}
    for _, *key in product(
        range(options.rounds), options.places, ("predict", "train"), CONTESTANTS
    ):
        place, task, name = key
        channels, smaller = PLACES[place]
        shape = options.batch, options.dates, channels, options.size // smaller
        found = run(name, task, *shape, options.threads, options.steps)
        if found["seconds"] < best.get(tuple(key), found | {"seconds": 1e9})["seconds"]:
            best[tuple(key)] = found
    text = report(best, options)
    print(text)
    if options.write:
        write(text)


def run(name: str, *task) -> Measured:
    """Measure one contestant in a process of its own."""
    if name == "PyTorch":
        command = [os.environ["KERASSEG_PEER_PYTHON"], HERE / "attention_peer.py"]
    else:
        command = [sys.executable, HERE / "attention_ours.py", name.lower()]
    answer = subprocess.run(
        [*map(str, command), *map(str, task)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **KEEP_MEMORY},
    )
    return json.loads(answer.stdout.splitlines()[-1])


def report(best, options) -> str:
    """Write a table, ratios to PyTorch in brackets: below 1 is better than it."""
    peak = max(found["matrix_peak"] for found in best.values())
    device = next(iter(best.values()))["device"]
    lines = [
        f"{date.today()}, {device}, {options.threads} threads, {options.batch} series "
        f"of {options.dates} dates, {options.size} × {options.size} pixels. Product of "
        f"matrices, float32, at its best: {peak / 1e9:,.0f} GFLOP/s.\n",
        *sorted({f"- {found['versions']}" for found in best.values()}),
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for (place, task, name), found in best.items():
        peer = best[place, task, "PyTorch"]
        cells = (
            place,
            task,
            name,
            _with_ratio(found, peer, "seconds"),
            _with_ratio(found, peer, "core_seconds"),
            f"{found['first_s']:.1f}",
            _with_ratio(found, peer, "memory_gb"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Put the table between its two marks in RESULTS.md."""
    before, rest = RESULTS.read_text().split(BEGIN)
    after = rest.split(END)[1]
    RESULTS.write_text(before + BEGIN + "\n" + text + "\n" + END + after)


def _with_ratio(found, peer, what):
    return f"{found[what]:.3f} ({found[what] / peer[what]:.2f})"


if __name__ == "__main__":
    main()
