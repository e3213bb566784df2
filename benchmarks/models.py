"""Speed and memory of models of single images, against the same in PyTorch.

    KERASSEG_PEER_PYTHON=.venv-bench/bin/python python benchmarks/models.py

An FPN on ResNet18 against segmentation_models.pytorch, and with `--model segformer` a
SegFormer-b0 against Hugging Face's transformers. The same architecture, 256 x 256
pixels, float32, the same batches, Adam and cross entropy: a train step, and a
prediction, on each of our backends and on PyTorch. Every figure comes from a process of
its own. The contestants alternate; of the rounds and the numbers of threads tried, the
fastest counts for each.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from itertools import product
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
MARKS = {"fpn": "models", "segformer": "segformer"}
"""For each model what the marks around its table in RESULTS.md are called."""
# kerasseg has glibc keep freed memory on JAX (`backend.choose`). PyTorch gains from it
# too, up to twofold, so it is given to all.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_ARENA_MAX": "1",
}
CONTESTANTS = ("PyTorch", "JAX", "TensorFlow")
COLUMNS = (
    "task",
    "batch",
    "contestant",
    "seconds",
    "core-seconds",
    "first step, s",
    "GFLOP/s",
    "share of the peak",
    "peak memory, GB",
    "threads",
)
Measured = dict[str, float | str]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cores = len(os.sched_getaffinity(0))
    arguments.add_argument("--model", choices=MARKS, default="fpn")
    arguments.add_argument("--batches", type=int, nargs="+", default=[8, 16])
    arguments.add_argument("--size", type=int, default=256)
    arguments.add_argument("--threads", type=int, nargs="+", default=[cores, 2 * cores])
    arguments.add_argument("--steps", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--write", action="store_true", help=f"into {RESULTS.name}")
    options = arguments.parse_args()
    if "KERASSEG_PEER_PYTHON" not in os.environ:
        sys.exit(
            "Set KERASSEG_PEER_PYTHON to a Python that has PyTorch (`make bench`)."
        )
    best: dict[tuple[str, int, str], Measured] = {}
    for _, task, batch, threads, name in product(
        range(options.rounds),
        ("train", "predict"),
        options.batches,
        options.threads,
        CONTESTANTS,
    ):
        found = run(
            name, options.model, task, batch, options.size, threads, options.steps
        )
        key = task, batch, name
        if key not in best or found["seconds"] < best[key]["seconds"]:
            best[key] = found | {"threads": threads}
    text = report(best)
    print(text)
    if options.write:
        write(text, MARKS[options.model])


def run(name: str, *task) -> Measured:
    """Measure one contestant in a process of its own."""
    if name == "PyTorch":
        command = [os.environ["KERASSEG_PEER_PYTHON"], HERE / "models_peer.py"]
    else:
        command = [sys.executable, HERE / "models_ours.py", name.lower()]
    command = [*map(str, command), *map(str, task)]
    answer = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **KEEP_MEMORY},
    )
    return json.loads(answer.stdout.splitlines()[-1])


def report(best: dict[tuple[str, int, str], Measured]) -> str:
    """Write a table, ratios to PyTorch in brackets: below 1 is better than it."""
    peak = max(found["matrix_peak"] for found in best.values())
    lines = [
        f"{date.today()}, {_device(best)}. Product of matrices, float32, at its best: "
        f"{peak / 1e9:,.0f} GFLOP/s.\n",
        *sorted({f"- {found['versions']}" for found in best.values()}),
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for (task, batch, name), found in sorted(best.items(), key=_order):
        peer = best[task, batch, "PyTorch"]
        flops = best[task, batch, "JAX"]["flops"]
        cells = (
            task,
            batch,
            name,
            _with_ratio(found, peer, "seconds"),
            f"{found['core_seconds']:.3f}",
            f"{found['first_s']:.1f}",
            *_rate(flops, found["seconds"], peak),
            _with_ratio(found, peer, "memory_gb"),
            found["threads"],
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def write(text: str, mark: str) -> None:
    """Put the table between its two marks in RESULTS.md."""
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->\n"
    before, rest = RESULTS.read_text().split(begin)
    after = rest.split(end)[1]
    RESULTS.write_text(before + begin + "\n" + text + "\n" + end + after)


def _with_ratio(found, peer, what):
    return f"{found[what]:.3f} ({found[what] / peer[what]:.2f})"


def _rate(flops, seconds, peak):
    if flops is None:
        return "–", "–"
    return f"{flops / seconds / 1e9:,.0f}", f"{flops / seconds / peak:.0%}"


def _order(item):
    (task, batch, name), _ = item
    return task != "train", batch, CONTESTANTS.index(name)


def _device(best):
    device = next(iter(best.values()))["device"]
    if device != "cpu":
        return device
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {_processor()}"


def _processor():
    path = Path("/proc/cpuinfo")
    text = path.read_text() if path.is_file() else ""
    names = [line.split(":")[1] for line in text.splitlines() if "model name" in line]
    wide = ", AVX-512" if "avx512f" in text else ""
    return (names[0].strip() if names else platform.processor()) + wide


if __name__ == "__main__":
    main()
