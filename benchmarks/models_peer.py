"""The peer of `models.py`: the same model in PyTorch.

It knows nothing of kerasseg, for it runs in an environment of its own.
"""

import sys

import numpy as np
import torch
import torchvision_names  # noqa: F401
from stopwatch import MATRIX, answer, matrix_peak, measure, peak_rss_gb


def main():
    kind, task = sys.argv[1:3]
    batch, size, threads, rounds = map(int, sys.argv[3:])
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # Matrices stay float32 on a GPU too, as they do under Keras.
    torch.set_float32_matmul_precision("highest")
    model, versions = {"fpn": fpn, "segformer": segformer}[kind]()
    model = model.to(device)
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
        versions=f"torch {torch.__version__}, {versions}",
    )


def fpn():
    """Build the FPN of segmentation_models.pytorch."""
    import segmentation_models_pytorch as smp

    model = smp.FPN("resnet18", encoder_weights=None, classes=5)
    return model, f"segmentation-models-pytorch {smp.__version__}"


class Segformer(torch.nn.Module):
    """The SegFormer of transformers, its logits enlarged to the size of the image."""

    def __init__(self, transformers):
        super().__init__()
        config = transformers.SegformerConfig(num_labels=5)
        self.inner = transformers.SegformerForSemanticSegmentation(config)

    def forward(self, image):
        logits = self.inner(pixel_values=image).logits
        return torch.nn.functional.interpolate(
            logits, size=image.shape[2:], mode="bilinear", align_corners=False
        )


def segformer():
    """Build the SegFormer-b0 of transformers."""
    import transformers

    return Segformer(transformers), f"transformers {transformers.__version__}"


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
