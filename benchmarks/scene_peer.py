"""The peer of `scene_predict.py`: the same job in a plain loop, as it is mostly done.

rasterio reads a window, segmentation_models.pytorch classifies a batch of them, the
probabilities are added up with the same weights in an array of the whole scene, and the
map is written with the same tiles and compression. It knows nothing of kerasseg.
"""

import sys
import time
from pathlib import Path

import torchvision_names  # noqa: F401

# isort: split
import numpy as np
import rasterio
import segmentation_models_pytorch as smp
import torch
from rasterio.windows import Window
from stopwatch import answer

CLASSES = 5


def starts(length: int, window: int, overlap: int) -> list[int]:
    steps = -(-(length - window) // (window - overlap))
    return [index * (length - window) // steps for index in range(steps + 1)]


def ramp(places: list[int], window: int, overlap: int) -> np.ndarray:
    rise = np.minimum(np.arange(1, window + 1) / (overlap + 1), 1)
    weights = np.ones((len(places), window), np.float32)
    weights[1:] *= rise.astype(np.float32)
    weights[:-1] *= rise[::-1].astype(np.float32)
    return weights


@torch.inference_mode()
def scene(model, path: str, chart: Path, window: int, overlap: int, batch: int) -> None:
    with rasterio.open(path) as source:
        height, width, profile = source.height, source.width, source.profile
        rows, columns = starts(height, window, overlap), starts(width, window, overlap)
        down, across = ramp(rows, window, overlap), ramp(columns, window, overlap)
        total = np.zeros((CLASSES, height, width), np.float32)
        weight = np.zeros((height, width), np.float32)
        places = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
        for first in range(0, len(places), batch):
            chosen = places[first : first + batch]
            pixels = np.stack(
                [
                    source.read(window=Window(columns[j], rows[i], window, window))
                    for i, j in chosen
                ]
            )
            image = (torch.from_numpy(pixels).float() - 120) / 50
            shares = torch.softmax(model(image), dim=1).numpy()
            for (i, j), share in zip(chosen, shares, strict=True):
                each = down[i][:, None] * across[j]
                place = (
                    slice(rows[i], rows[i] + window),
                    slice(columns[j], columns[j] + window),
                )
                total[:, *place] += share * each
                weight[place] += each
    label = (total / weight).argmax(axis=0).astype(np.uint8)
    profile.update(count=1, dtype="uint8", compress="deflate", tiled=True)
    with rasterio.open(chart, "w", **profile) as file:
        file.write(label, 1)


def main() -> None:
    path, folder, *numbers, rounds = sys.argv[1:]
    torch.set_num_threads(2)
    model = smp.FPN("resnet18", encoder_weights=None, classes=CLASSES).eval()
    seconds = []
    for _ in range(int(rounds) + 1):
        begun = time.perf_counter()
        scene(model, path, Path(folder) / "peer.tif", *map(int, numbers))
        seconds.append(time.perf_counter() - begun)
    answer(scene=seconds[1:])


if __name__ == "__main__":
    main()
