"""What mapping a scene costs: memory whatever its size, time beside a plain loop.

    KERASSEG_PEER_PYTHON=.venv-bench/bin/python python benchmarks/scene_predict.py

`--part memory` maps made-up scenes of 10 bands of 16 bits into 12 classes, with a model
of two convolutions, one process per scene, and tells the most resident memory beyond
what a small scene needs: it must stay flat and below 3 GB up to 30,000 x 30,000 pixels.

`--part speed` maps an RGB scene with the FPN on ResNet18 on each backend, beside the
bare model on windows that lie in memory, and beside the same job in a plain loop with
rasterio and segmentation_models.pytorch, all in one run. At least 90 % of the bare
model's throughput is the goal.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio

HERE = Path(__file__).parent
LIMIT_GB, FLAT_GB, GOAL = 3.0, 0.5, 0.9
SMALL = 1024
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_ARENA_MAX": "1",
}
"""glibc keeps freed memory, as kerasseg asks on JAX: for the peer's loop too."""

WINDOW, BATCH = 512, 4


def write_large(path: Path, side: int, bands: int = 10) -> None:
    """Write a scene that is sparse on disk: noise in the tiles of its diagonal."""
    rng = np.random.default_rng(0)
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 4_600_000)
    with rasterio.open(
        path, "w", "GTiff", side, side, bands, "EPSG:32631", place, "uint16",
        tiled=True, blockxsize=512, blockysize=512, compress="deflate",
        interleave="pixel", sparse_ok=True, bigtiff="if_safer",
    ) as file:  # fmt: skip
        for at in range(0, side - 511, 512):
            window = rasterio.windows.Window(at, at, 512, 512)
            file.write(
                rng.integers(0, 3000, (bands, 512, 512), "uint16"), window=window
            )
        file.descriptions = [f"B{band:02d}" for band in range(1, bands + 1)]


def write_photo(path: Path, side: int) -> None:
    """Write a smooth scene with some noise, which compresses about like a photo."""
    rows, columns = np.mgrid[:side, :side] / 97
    waves = 120 + 60 * np.sin(rows) * np.cos(columns)
    noise = np.random.default_rng(0).normal(0, 8, (3, side, side))
    place = rasterio.Affine(0.25, 0, 500_000, 0, -0.25, 300_000)
    with rasterio.open(
        path, "w", "GTiff", side, side, 3, "EPSG:2180", place, "uint8",
        tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(np.clip(waves + noise, 0, 255).astype(np.uint8))
        file.descriptions = ["B01", "B02", "B03"]


def contestant(python: str, script: str, backend: str, *arguments) -> dict:
    """Run one in a process of its own; its last line says what it measured."""
    environment = {**os.environ, **KEEP_MEMORY, "KERAS_BACKEND": backend}
    command = [python, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def memory(sides: list[int], backend: str) -> bool:
    """Tell the memory of scenes of growing sides; True if it is flat."""
    beyond = []
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.tif"
        write_large(small, SMALL)
        for side in sides:
            scene = Path(folder) / f"{side}.tif"
            write_large(scene, side)
            told = contestant(
                sys.executable, "scene_ours.py", backend, "memory", scene, small, folder
            )
            beyond.append(told["beyond_gb"])
            print(
                f"{backend:10} {side:6} x {side:<6} {told['windows']:5} windows "
                f"{told['seconds']:7.1f} s  {told['beyond_gb']:.2f} GB beyond the "
                f"{told['model_gb']:.2f} GB of libraries, model and a small scene",
                flush=True,
            )
            scene.unlink()
    return max(beyond) < LIMIT_GB and max(beyond) - min(beyond) < FLAT_GB


def speed(side: int, rounds: int, backends: list[str], peer: str | None) -> bool:
    """Compare seconds per scene; True if no backend loses a tenth to its bare model."""
    shares, ours = [], {}
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder) / "scene.tif"
        write_photo(scene, side)
        for backend in backends:
            given = "speed", scene, folder, WINDOW, BATCH, rounds
            told = contestant(sys.executable, "scene_ours.py", backend, *given)
            mapped, bare = (statistics.median(told[key]) for key in ("scene", "bare"))
            ours[backend] = mapped
            shares.append(bare / mapped)
            print(
                f"{backend:10} {told['windows']} windows: scene {mapped:.2f} s, bare "
                f"model {bare:.2f} s: {bare / mapped:.1%} of its throughput",
                flush=True,
            )
        if peer:
            given = scene, folder, WINDOW, WINDOW // 8, BATCH, rounds
            told = contestant(peer, "scene_peer.py", "none", *given)
            seconds = statistics.median(told["scene"])
            ratios = [f"{name} {mapped / seconds:.2f}" for name, mapped in ours.items()]
            print(
                f"rasterio + SMP in a plain loop: scene {seconds:.2f} s; of that take "
                f"{', '.join(ratios)}"
            )
    return min(shares) >= GOAL


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--part", choices=["memory", "speed"], default="speed")
    arguments.add_argument("--sides", default="3000,9000,30000")
    arguments.add_argument("--side", type=int, default=1792)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--backends", default="jax,tensorflow")
    options = arguments.parse_args()
    backends = options.backends.split(",")
    if options.part == "memory":
        sides = [int(side) for side in options.sides.split(",")]
        good = all([memory(sides, backend) for backend in backends])
    else:
        peer = os.environ.get("KERASSEG_PEER_PYTHON")
        good = speed(options.side, options.rounds, backends, peer)
    sys.exit(not good)


if __name__ == "__main__":
    main()
