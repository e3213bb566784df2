"""Series per second, as large as those of PASTIS, against PyTorch's DataLoader.

    python benchmarks/series_pipeline.py

Both read the same `.npy` files (38 to 61 dates, 10 bands, 128 x 128 pixels, int16, with
labels) in the layout of PASTIS and make shuffled batches of 4, filled up to one length,
with the same number of workers: threads here, processes there, which is how each is
meant to be used. The peer casts and normalises as the published loader does. kerasseg
leaves both to the first layer of the model; so that the work is the same, it is also
measured with casting and normalisation in the pipeline. It runs in the Python that
`KERASSEG_PEER_PYTHON` names. The runs alternate, and the medians are compared.

Memory is what is resident after the first epoch and after the last.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from kerasseg import pipeline
from kerasseg.datasets import pastis
from kerasseg.sample import Dataset, Sample

PEER = Path(__file__).with_name("series_pipeline_peer.py")
BATCH_SIZE, SIZE, BANDS, GOAL = 4, 128, 10, 2.0


def write(root: Path, count: int) -> None:
    """Write series of random pixels; what they show does not change the speed."""
    rng = np.random.default_rng(0)
    features = []
    for folder in ("DATA_S2", "ANNOTATIONS"):
        (root / folder).mkdir()
    for number in range(count):
        length = int(rng.integers(38, 62))
        image = rng.integers(0, 9000, (length, BANDS, SIZE, SIZE), np.int16)
        label = rng.integers(0, 19, (3, SIZE, SIZE), np.uint8)
        np.save(root / "DATA_S2" / f"S2_{number}.npy", image)
        np.save(root / "ANNOTATIONS" / f"TARGET_{number}.npy", label)
        days = np.datetime64("2018-09-05") + 6 * np.arange(length)
        dates = {str(i): int(str(d).replace("-", "")) for i, d in enumerate(days)}
        about = {"ID_PATCH": number, "Fold": 1, "dates-S2": dates}
        features.append({"type": "Feature", "id": str(number), "properties": about})
    norm = {"Fold_1": {"mean": [3000.0] * BANDS, "std": [1500.0] * BANDS}}
    collection = {"type": "FeatureCollection", "features": features}
    (root / "NORM_S2_patch.json").write_text(json.dumps(norm))
    (root / "metadata.geojson").write_text(json.dumps(collection))


def load(root: Path) -> Dataset:
    return pastis.load("train", root, folds={"train": [1], "val": [1], "test": [1]})


def normalise(sample: Sample, rng: np.random.Generator) -> Sample:
    """Cast and normalise in the pipeline, as the peer does."""
    image = sample["image"].astype(np.float32)
    image -= np.float32(3000)
    image /= np.float32(1500)
    return {**sample, "image": image}


def measure(
    root: Path, augment: list, workers: int, seconds: float
) -> tuple[float, float]:
    """Return series per second after one epoch to warm up, and growth in MB."""
    batches = pipeline.batches(
        load(root), BATCH_SIZE, augment=augment, shuffle=True, workers=workers
    )
    for _ in batches.epoch(0):
        pass
    process = psutil.Process()
    before = process.memory_info().rss
    begun, series, number = time.perf_counter(), 0, 0
    while time.perf_counter() - begun < seconds:
        number += 1
        for _ in batches.epoch(number):
            series += BATCH_SIZE
    elapsed = time.perf_counter() - begun
    return series / elapsed, (process.memory_info().rss - before) / 1e6


def measure_peer(root: Path, workers: int, seconds: float) -> tuple[float, float]:
    command = [os.environ["KERASSEG_PEER_PYTHON"], str(PEER), str(root)]
    command += [str(workers), str(BATCH_SIZE), str(seconds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout), float("nan")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--series", type=int, default=48)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    contestants: dict[str, Callable] = {
        "kerasseg": lambda *given: measure(given[0], [], *given[1:]),
        "kerasseg, normalised": lambda *given: measure(
            given[0], [normalise], *given[1:]
        ),
    }
    if "KERASSEG_PEER_PYTHON" in os.environ:
        contestants["PyTorch"] = measure_peer
    else:
        print("No peer: set KERASSEG_PEER_PYTHON to a Python that has PyTorch.")
    found = {name: [] for name in contestants}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), options.series)
        for _ in range(options.rounds):
            for name, contestant in contestants.items():
                found[name].append(
                    contestant(Path(folder), options.workers, options.seconds)
                )
    _report(found, options.workers)


def _report(found: dict[str, list[tuple[float, float]]], workers: int) -> None:
    print(f"{'':22} series/s   lowest  highest  grown MB   ({workers} workers)")
    medians = {}
    for name, each in found.items():
        speeds = [speed for speed, _ in each]
        grown = max(growth for _, growth in each)
        medians[name] = statistics.median(speeds)
        print(
            f"{name:22} {medians[name]:8.1f} {min(speeds):8.1f} {max(speeds):8.1f} "
            f"{grown:9.0f}"
        )
    if "PyTorch" in medians:
        for name in list(medians)[:2]:
            print(
                f"{name}: ratio {medians[name] / medians['PyTorch']:.2f}, goal {GOAL}"
            )
        sys.exit(medians["kerasseg"] / medians["PyTorch"] < GOAL)


if __name__ == "__main__":
    main()
