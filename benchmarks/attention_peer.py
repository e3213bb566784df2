"""The peer of `attention.py`: L-TAE in PyTorch, equation by equation.

Every date of every pixel is embedded and has keys, as the paper writes it. It knows
nothing of kerasseg, for it runs in an environment of its own.
"""

import sys

import numpy as np
import torch
from stopwatch import MATRIX, answer, matrix_peak, measure, peak_rss_gb
from torch import nn

HEADS, KEYS, WIDTH = 16, 4, 256


class Plain(nn.Module):
    """From `(B, T, C, H, W)` and days to `(B, C, H, W)` and attention."""

    def __init__(self, channels):
        super().__init__()
        self.first = nn.GroupNorm(HEADS, channels)
        self.embed = nn.Conv1d(channels, WIDTH, 1)
        self.query = nn.Parameter(torch.randn(HEADS, KEYS))
        self.key = nn.Linear(WIDTH, HEADS * KEYS)
        self.linear = nn.Linear(WIDTH, channels)
        self.norm = nn.BatchNorm1d(channels)
        self.last = nn.GroupNorm(HEADS, channels)

    def forward(self, x, days):
        batch, dates, channels, height, width = x.shape
        x = x.permute(0, 3, 4, 1, 2).reshape(-1, dates, channels)
        x = self.embed(self.first(x.transpose(1, 2))).transpose(1, 2)
        waves = encode(days)[:, None].expand(batch, height * width, dates, WIDTH)
        x = x + waves.reshape(-1, dates, WIDTH)
        keys = self.key(x).reshape(-1, dates, HEADS, KEYS)
        score = torch.einsum("ntgk,gk->ngt", keys, self.query) / KEYS**0.5
        weight = nn.functional.dropout(score.softmax(-1), 0.1, self.training)
        values = x.reshape(-1, dates, HEADS, WIDTH // HEADS).transpose(1, 2)
        mean = (weight[:, :, None] @ values).reshape(-1, WIDTH)
        found = self.norm(self.linear(mean)).relu()
        found = self.last(nn.functional.dropout(found, 0.2, self.training))
        found = found.reshape(batch, height, width, channels).permute(0, 3, 1, 2)
        weight = weight.reshape(batch, height, width, HEADS, dates)
        return found, weight.permute(0, 3, 4, 1, 2)


def encode(days):
    size = WIDTH // HEADS
    index = torch.arange(size, device=days.device)
    angle = days[..., None] / 1000 ** (2 * (index // 2) / size)
    waves = torch.where(index % 2 == 0, angle.sin(), angle.cos())
    return waves.repeat(1, 1, HEADS)


def main():
    task = sys.argv[1]
    batch, dates, channels, size, threads, rounds = map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # Matrices stay float32 on a GPU too, as they do under Keras.
    torch.set_float32_matmul_precision("highest")
    model = Plain(channels).to(device)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, dates, channels, size, size)).astype("float32")
    x = torch.from_numpy(x).to(device)
    days = torch.arange(dates, device=device).repeat(batch, 1) * 8.0
    step = {"train": train, "predict": predict}[task](model, x, days)
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
        versions=f"torch {torch.__version__}",
    )


def train(model, x, days):
    """Answer, and gradients of the input and of all weights."""
    x.requires_grad_()

    def step():
        model.zero_grad()
        x.grad = None
        found, _ = model(x, days)
        found.square().sum().backward()
        return x.grad[0, 0, 0, 0, 0].item()

    return step


def predict(model, x, days):
    model.eval()

    @torch.inference_mode()
    def step():
        return model(x, days)[0].sum().item()

    return step


if __name__ == "__main__":
    main()
