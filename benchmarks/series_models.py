"""Speed and memory of the series models, against plain PyTorch.

    KERASSEG_PEER_PYTHON=.venv-bench/bin/python python benchmarks/series_models.py

U-TAE, W-TAE, Time-Unet and STENN with their published defaults, float32, Adam and cross
entropy: a train step, and a prediction, on each of our backends and on PyTorch, as it
comes and with glibc told to keep freed memory, as kerasseg tells it on JAX. "remat" is
ours with that option. Every figure comes from a process of its own, which compiles what
it runs. The contestants alternate; of the rounds the fastest counts for each. `--rows
FILE` keeps rows from one run to the next, for the whole table takes an hour. `--check
FOLDER` instead compares the peers with the published answers in that folder.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

from models import KEEP_MEMORY

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
BEGIN, END = "<!-- series models: begin -->\n", "<!-- series models: end -->\n"
MODELS = ("utae", "wtae", "timeunet", "stenn")
CONTESTANTS = (
    "PyTorch",
    "PyTorch, memory kept",
    "JAX",
    "JAX, remat",
    "TensorFlow",
    "TensorFlow, remat",
)
REMAT = ("utae", "wtae", "timeunet")
"""The models that have this option; STENN works on a few dates at a time anyway."""

COLUMNS = (
    "model",
    "task",
    "batch × dates",
    "contestant",
    "seconds",
    "core-seconds",
    "first step, s",
    "TFLOP",
    "share of the peak",
    "peak memory, GB",
)
Measured = dict[str, float | str]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cores = len(os.sched_getaffinity(0))
    add = arguments.add_argument
    add("--models", nargs="+", choices=MODELS, default=MODELS)
    add(
        "--tasks", nargs="+", choices=("train", "predict"), default=("train", "predict")
    )
    add("--sizes", nargs="+", default=("2x43", "4x61"), help="batch x dates")
    add("--contestants", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    add("--pixels", type=int, default=128, help="side of an image")
    add("--threads", type=int, default=cores)
    add("--steps", type=int, default=3)
    add("--rounds", type=int, default=1)
    add("--rows", type=Path, metavar="FILE", help="rows of earlier runs, and of this")
    add("--check", metavar="FOLDER", help="compare the peers with published answers")
    add("--write", action="store_true", help=f"into {RESULTS.name}")
    options = arguments.parse_args()
    peers = any(name.startswith("PyTorch") for name in options.contestants)
    if peers and "KERASSEG_PEER_PYTHON" not in os.environ:
        sys.exit(
            "Set KERASSEG_PEER_PYTHON to a Python that has PyTorch (`make bench`)."
        )
    if options.check:
        subprocess.run([*peer(), "check", options.check], check=True)
        return
    rows = read_rows(options.rows)
    for key, found in measure(options):
        rows[key] = found
        keep_rows(options.rows, rows)
    text = report(rows, options)
    print(text)
    if options.write:
        write(text)


def measure(options) -> Iterator[tuple[tuple[str, ...], Measured]]:
    """Yield each key of a row with the best that was measured of it so far."""
    best: dict[tuple[str, ...], Measured] = {}
    for _, *key in product(
        range(options.rounds),
        options.models,
        options.tasks,
        options.sizes,
        options.contestants,
    ):
        if "remat" in key[-1] and key[0] not in REMAT:
            continue
        found = run(*key, options)
        if better(found, best.get(tuple(key))):
            best[tuple(key)] = found
        yield tuple(key), best[tuple(key)]


def read_rows(path: Path | None) -> dict[tuple[str, ...], Measured]:
    if path is None or not path.exists():
        return {}
    return {tuple(key): found for key, found in json.loads(path.read_text())}


def keep_rows(path: Path | None, rows: dict[tuple[str, ...], Measured]) -> None:
    if path is not None:
        path.write_text(json.dumps(list(rows.items()), indent=1))


def peer() -> list[str]:
    return [os.environ["KERASSEG_PEER_PYTHON"], str(HERE / "series_models_peer.py")]


def run(model: str, task: str, size: str, name: str, options) -> Measured:
    """Measure one contestant in a process of its own."""
    shape = [*size.split("x"), options.pixels, options.threads, options.steps]
    name, _, how = name.partition(", ")
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "false"}
    if name == "PyTorch":
        command = [*peer(), task, model, *shape, memory_bytes()]
        environment |= KEEP_MEMORY if how else {}
    else:
        ours = HERE / "series_models_ours.py"
        command = [sys.executable, ours, name.lower(), task, model, *shape]
        command.append(json.dumps({"remat": True} if how else {}))
    answer = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    if answer.returncode == -9:  # Linux ends who takes the last memory
        return {"too_large": True}
    answer.check_returncode()
    found = json.loads(answer.stdout.splitlines()[-1])
    print(model, task, size, name, how, found, file=sys.stderr)
    return found


def memory_bytes() -> int:
    """Return how much memory is free, 0 if the system does not tell."""
    path = Path("/proc/meminfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    free = [line.split()[1] for line in lines if line.startswith("MemAvailable")]
    return int(free[0]) * 1024 if free else 0


def better(found: Measured, before: Measured | None) -> bool:
    if before is None or "seconds" not in before:
        return True
    return "seconds" in found and found["seconds"] < before["seconds"]


def report(best: dict[tuple[str, ...], Measured], options) -> str:
    """Write a table, ratios to PyTorch in brackets: below 1 is better than it."""
    measured = [found for found in best.values() if "seconds" in found]
    peak = max(found["matrix_peak"] for found in measured)
    lines = [
        f"{date.today()}, {measured[0]['device']}, {options.threads} threads, "
        f"{options.pixels} × {options.pixels} pixels. Product of matrices, float32, at "
        f"its best: {peak / 1e9:,.0f} GFLOP/s.\n",
        *sorted({f"- {found['versions']}" for found in measured}),
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for key, found in sorted(best.items(), key=_order):
        plain = best.get((*key[:3], "PyTorch"), {})
        lines.append("| " + " | ".join([*key, *cells(found, plain, peak)]) + " |")
    return "\n".join(lines) + "\n"


def _order(row):
    (model, task, size, name), _ = row
    return MODELS.index(model), size, task == "predict", CONTESTANTS.index(name)


def cells(found: Measured, plain: Measured, peak: float) -> list[str]:
    if "seconds" not in found:
        return ["–", "–", "–", "–", "–", "more than there is"]
    rate = found["flops"] / found["seconds"]
    return [
        _with_ratio(found, plain, "seconds"),
        _with_ratio(found, plain, "core_seconds"),
        f"{found['first_s']:.1f}",
        f"{found['flops'] / 1e12:.2f}",
        f"{rate / peak:.0%}",
        _with_ratio(found, plain, "memory_gb"),
    ]


def write(text: str) -> None:
    """Put the table between its two marks in RESULTS.md."""
    before, rest = RESULTS.read_text().split(BEGIN)
    after = rest.split(END)[1]
    RESULTS.write_text(before + BEGIN + "\n" + text + "\n" + END + after)


def _with_ratio(found, plain, what):
    ratio = f" ({found[what] / plain[what]:.2f})" if what in plain else ""
    return f"{found[what]:.3f}{ratio}"


if __name__ == "__main__":
    main()
