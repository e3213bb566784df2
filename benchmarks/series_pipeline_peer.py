"""The same series through PyTorch's DataLoader; run by `series_pipeline.py`."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Series(Dataset):
    def __init__(self, root: Path):
        self._images = sorted(root.glob("DATA_S2/*.npy"))
        self._labels = sorted(root.glob("ANNOTATIONS/*.npy"))

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int):
        image = torch.from_numpy(np.load(self._images[index]).astype(np.float32))
        image = (image - 3000.0) / 1500.0
        label = torch.from_numpy(np.load(self._labels[index])[0].astype(np.int64))
        return image, torch.arange(len(image)) * 6, label


def pad(samples):
    longest = max(len(days) for _, days, _ in samples)

    def grown(tensor):
        missing = longest - len(tensor)
        sides = [0, 0] * (tensor.ndim - 1) + [0, missing]
        return torch.nn.functional.pad(tensor, sides)

    images, days, labels = zip(*samples, strict=True)
    return (
        torch.stack([grown(image) for image in images]),
        torch.stack([grown(each) for each in days]),
        torch.stack(labels),
    )


def main() -> None:
    root, workers, batch_size, seconds = sys.argv[1:]
    loader = DataLoader(
        Series(Path(root)),
        int(batch_size),
        shuffle=True,
        drop_last=True,
        num_workers=int(workers),
        persistent_workers=int(workers) > 0,
        collate_fn=pad,
    )
    for _ in loader:
        pass
    begun, series = time.perf_counter(), 0
    while time.perf_counter() - begun < float(seconds):
        for images, _, _ in loader:
            series += len(images)
    print(json.dumps(series / (time.perf_counter() - begun)))


if __name__ == "__main__":
    main()
