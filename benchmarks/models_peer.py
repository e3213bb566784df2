"""The peer of `models.py`: the same FPN in segmentation_models.pytorch.

It knows nothing of kerasseg, for it runs in an environment of its own.
"""

import sys

import numpy as np
import torch
from stopwatch import MATRIX, answer, matrix_peak, measure, peak_rss_gb

if not hasattr(torch.ops.torchvision, "nms"):
    # torchvision without its compiled part: two of its operations must have a name.
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        arguments = "(Tensor dets, Tensor scores, float iou_threshold)"
        library.define(f"{name}{arguments} -> Tensor")

import segmentation_models_pytorch as smp


def main():
    task, batch, size, threads, rounds = sys.argv[1], *map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # Matrices stay float32 on a GPU too, as they do under Keras.
    torch.set_float32_matmul_precision("highest")
    model = smp.FPN("resnet18", encoder_weights=None, classes=5).to(device)
    rng = np.random.default_rng(0)
    image = rng.normal(size=(batch, 3, size, size)).astype("float32")
    label = rng.integers(0, 5, (batch, size, size))
    step = {"train": train, "predict": predict}[task](model, device, image, label)
    measured = measure(step, rounds)
    memory = peak_rss_gb()
    if device == "cuda":
        memory = torch.cuda.max_memory_allocated() / 1e9
    square = torch.rand(MATRIX, MATRIX, device=device)
    answer(
        **measured,
        memory_gb=memory,
        matrix_peak=matrix_peak(lambda: (square @ square)[0, 0].item()),
        device=torch.cuda.get_device_name() if device == "cuda" else "cpu",
        versions=f"torch {torch.__version__}, segmentation-models-pytorch "
        f"{smp.__version__}",
    )


def train(model, device, image, label):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step():
        optimizer.zero_grad()
        logits = model(torch.from_numpy(image).to(device))
        truth = torch.from_numpy(label).to(device)
        loss = torch.nn.functional.cross_entropy(logits, truth, ignore_index=255)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def predict(model, device, image, _):
    model.eval()

    @torch.inference_mode()
    def step():
        return model(torch.from_numpy(image).to(device)).cpu().numpy()

    return step


if __name__ == "__main__":
    main()
