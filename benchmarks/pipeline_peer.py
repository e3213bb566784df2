"""The peer of `pipeline.py`: DataLoader and albumentations, patches per second.

It knows nothing of kerasseg, for it runs in an environment of its own.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations
import cv2
import numpy as np
import rasterio
import torch
from PIL import Image

# Patches of random pixels lie nowhere on the ground.
warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)


class Patches(torch.utils.data.Dataset):
    def __init__(self, folder: Path, read):
        self._images = sorted(map(str, folder.glob("image_*.tif")))
        self._labels = sorted(map(str, folder.glob("label_*.tif")))
        self._read = read
        self._transform = albumentations.Compose(
            [
                albumentations.Affine(
                    rotate=(-90, 90),
                    translate_percent=(-0.9, 0.9),
                    border_mode=cv2.BORDER_REFLECT,
                    p=1,
                ),
                albumentations.HorizontalFlip(p=0.5),
                albumentations.VerticalFlip(p=0.5),
            ]
        )

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index):
        image = self._read(self._images[index])
        label = self._read(self._labels[index])
        moved = self._transform(image=image, mask=label)
        return torch.from_numpy(moved["image"]), torch.from_numpy(moved["mask"])


def with_rasterio(path):
    with rasterio.open(path) as file:
        pixels = file.read()
    return np.ascontiguousarray(np.moveaxis(pixels, 0, -1)).squeeze()


def with_pillow(path):
    with Image.open(path) as file:
        return np.array(file)


def main():
    folder, reader, workers, batch_size, seconds = sys.argv[1:]
    read = {"rasterio": with_rasterio, "pillow": with_pillow}[reader]
    loader = torch.utils.data.DataLoader(
        Patches(Path(folder), read),
        int(batch_size),
        shuffle=True,
        num_workers=int(workers),
        # OpenCV's own threads would compete with those of the other workers.
        worker_init_fn=lambda _: cv2.setNumThreads(0),
        persistent_workers=True,
        drop_last=True,
    )
    for _ in loader:
        pass
    begun, patches = time.perf_counter(), 0
    while time.perf_counter() - begun < float(seconds):
        for image, _ in loader:
            patches += len(image)
    print(json.dumps(patches / (time.perf_counter() - begun)))


if __name__ == "__main__":
    main()
