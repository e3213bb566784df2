"""What mapping a scene costs beyond the bare model.

    KERAS_BACKEND=jax python benchmarks/predict.py

`predict.scene` reads, computes, blends and writes a scene on disk. The bare model
(`predict_on_batch`) answers batches of the same windows that lie in memory already.
The two alternate, and the medians are compared: first for the same number of windows,
which is the cost of everything around the model; then for the same pixels without
overlap, which counts the windows that overlap adds as well.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from kerasseg import artifact, backend, legend, predict, raster
from kerasseg.models import fpn

GOAL = 1.10
BANDS = ("red", "green", "blue")
LEGEND = legend.from_dict(
    {"classes": [{"name": f"class {i}", "color": [50 * i] * 3} for i in range(5)]}
)


def assembled() -> keras.Model:
    """Build the model of the Poland recipe; its weights do not change its speed."""
    network = fpn.build(len(BANDS), LEGEND.num_classes)
    model = artifact.assemble(network, BANDS, [120] * 3, [50] * 3, LEGEND)
    model.compile(**backend.compile_options())
    return model


def write_scene(path: Path, side: int) -> None:
    """Write a smooth scene with some noise, which compresses about like a photo."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:side, :side] / 97
    waves = 120 + 60 * np.sin(rows) * np.cos(columns)
    pixels = waves[..., None] + rng.normal(0, 8, (side, side, 3))
    raster.write(path, np.clip(pixels, 0, 255).astype(np.uint8))


def bare_seconds(model: keras.Model, images: np.ndarray, count: int) -> float:
    """Time `count` batches of windows that lie in memory."""
    begun = time.perf_counter()
    for _ in range(count):
        model.predict_on_batch({"image": images})
    return time.perf_counter() - begun


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--side", type=int, default=1792, help="pixels")
    arguments.add_argument("--window", type=int, default=512)
    arguments.add_argument("--batch-size", type=int, default=4)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()

    model = assembled()
    shape = options.batch_size, options.window, options.window, len(BANDS)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    given = {"window": options.window, "batch_size": options.batch_size}
    times = {"scene": [], "same windows": [], "same pixels": []}
    with tempfile.TemporaryDirectory() as folder:
        scene, chart = Path(folder) / "scene.tif", Path(folder) / "map.tif"
        write_scene(scene, options.side)
        summary = predict.scene(model, scene, chart, **given)
        bare_seconds(model, images, 1)  # Both have compiled now.
        windows = -(-summary.windows // options.batch_size)
        pixels = options.side**2 / images[..., 0].size
        for _ in range(options.rounds):
            summary = predict.scene(model, scene, chart, **given)
            times["scene"].append(summary.seconds)
            seconds = bare_seconds(model, images, windows)
            times["same windows"].append(seconds)
            times["same pixels"].append(seconds / windows * pixels)
    _report(times, options, summary.windows)


def _report(times: dict[str, list[float]], options, windows: int) -> None:
    print(
        f"{keras.config.backend()}, FPN ResNet18, {options.side} x {options.side} "
        f"pixels, {windows} windows of {options.window}"
    )
    medians = {name: statistics.median(each) for name, each in times.items()}
    for name, each in times.items():
        ratio = medians["scene"] / medians[name]
        print(
            f"{name:14} {medians[name]:7.2f} s ({min(each):.2f} to {max(each):.2f})"
            f"  scene costs {ratio:.3f} of it"
        )
    ratio = medians["scene"] / medians["same windows"]
    print(f"ratio {ratio:.3f}, goal {GOAL}")
    sys.exit(ratio > GOAL)


if __name__ == "__main__":
    main()
