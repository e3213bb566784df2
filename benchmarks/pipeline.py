"""Patches per second with augmentation, against PyTorch's DataLoader.

    python benchmarks/pipeline.py

Both read the same files (256 x 256, RGB, bytes, with labels, as `prepare patches`
writes them), turn, shift and mirror them the same way, and make batches of 16 with the
same number of workers: threads here, processes there, which is how each is meant to be
used. The peer runs in the Python that `KERASSEG_PEER_PYTHON` names, with PyTorch,
albumentations, rasterio and Pillow; it reads the files with rasterio and with Pillow,
and the faster one counts. The runs alternate, and the medians are compared.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kerasseg import augment, legend, pipeline
from kerasseg.raster import plain

PEER = Path(__file__).with_name("pipeline_peer.py")
BATCH_SIZE, SIZE, GOAL = 16, 256, 1.5
LEGEND = legend.from_dict(
    {"classes": [{"name": f"class {i}", "color": [50 * i] * 3} for i in range(5)]}
)


class Patches:
    """A folder of `image_<i>.tif` and `label_<i>.tif`."""

    def __init__(self, folder: Path):
        self._images = sorted(map(str, folder.glob("image_*.tif")))
        self._labels = sorted(map(str, folder.glob("label_*.tif")))

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        image, label = plain.read(self._images[index]), plain.read(self._labels[index])
        return {"image": image, "label": label[..., 0]}


def write(folder: Path, count: int) -> None:
    """Write patches of random pixels; what they show does not change the speed."""
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
        label = rng.integers(0, 5, (SIZE, SIZE), np.uint8)
        bands = ("red", "green", "blue")
        plain.write(folder / f"image_{number:05}.tif", image, bands=bands)
        plain.write(folder / f"label_{number:05}.tif", label, legend=LEGEND)


def measure(folder: Path, loader: str, workers: int, seconds: float) -> float:
    """Return patches per second, after one epoch to warm up."""
    batches = pipeline.batches(
        Patches(folder),
        BATCH_SIZE,
        augment=[augment.affine],
        shuffle=True,
        loader=loader,
        workers=workers,
    )
    for _ in batches.epoch(0):
        pass
    begun, patches, number = time.perf_counter(), 0, 0
    while time.perf_counter() - begun < seconds:
        number += 1
        for _ in batches.epoch(number):
            patches += BATCH_SIZE
    return patches / (time.perf_counter() - begun)


def measure_peer(folder: Path, reader: str, workers: int, seconds: float) -> float:
    command = [os.environ["KERASSEG_PEER_PYTHON"], str(PEER), str(folder), reader]
    command += [str(workers), str(BATCH_SIZE), str(seconds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--patches", type=int, default=512)
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()

    def ours(loader):
        return lambda *given: measure(given[0], loader, *given[1:])

    def theirs(reader):
        return lambda *given: measure_peer(given[0], reader, *given[1:])

    contestants = {
        "kerasseg, grain": ours("grain"),
        "kerasseg, tf.data": ours("tf.data"),
    }
    if "KERASSEG_PEER_PYTHON" in os.environ:
        contestants["PyTorch, rasterio"] = theirs("rasterio")
        contestants["PyTorch, Pillow"] = theirs("pillow")
    else:
        print("No peer: set KERASSEG_PEER_PYTHON to a Python that has PyTorch.")
    speeds = {name: [] for name in contestants}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), options.patches)
        for _ in range(options.rounds):
            for name, contestant in contestants.items():
                speed = contestant(Path(folder), options.workers, options.seconds)
                speeds[name].append(speed)
    _report(speeds, options.workers)


def _report(speeds: dict[str, list[float]], workers: int) -> None:
    print(f"{'':20} patches/s   lowest  highest   ({workers} workers)")
    medians = {name: statistics.median(each) for name, each in speeds.items()}
    for name, each in speeds.items():
        print(f"{name:20} {medians[name]:9.0f} {min(each):8.0f} {max(each):8.0f}")
    peers = [speed for name, speed in medians.items() if name.startswith("PyTorch")]
    if peers:
        ratio = medians["kerasseg, grain"] / max(peers)
        print(f"ratio {ratio:.2f}, goal {GOAL}")
        sys.exit(ratio < GOAL)


if __name__ == "__main__":
    main()
