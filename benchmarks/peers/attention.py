"""L-TAE and positions in plain PyTorch, every date of every pixel embedded."""

import torch
from torch import nn

HEADS, KEYS, WIDTH = 16, 4, 256


class Attend(nn.Module):
    """Keys from embeddings, one constant query for each head."""

    def __init__(self, query_shape):
        super().__init__()
        self.Q = nn.Parameter(torch.randn(*query_shape))
        self.fc1_k = nn.Linear(WIDTH, HEADS * KEYS)

    def forward(self, x):
        """From `(N, T, D)` to `(N, heads, T)`."""
        keys = self.fc1_k(x).unflatten(-1, (HEADS, KEYS)).transpose(1, 2)
        score = keys @ self.Q.reshape(HEADS, KEYS, 1) / KEYS**0.5
        return nn.functional.dropout(score[..., 0].softmax(-1), 0.1, self.training)


class Ltae(nn.Module):
    """From `(B, T, C, H, W)` to a map `(B, C, H, W)` and `(heads, B, T, H, W)`."""

    def __init__(self, channels, layout="utae", values=True):
        super().__init__()
        self.in_norm = nn.GroupNorm(HEADS, channels)
        self.inconv = nn.Conv1d(channels, WIDTH, 1)
        attend = Attend((HEADS, KEYS) if layout == "utae" else (HEADS, 1, KEYS))
        self.values = values
        if layout == "utae":
            self.attention_heads = attend
        else:
            self.attention_head = attend
        if values:
            linear, norm = nn.Linear(WIDTH, channels), nn.BatchNorm1d(channels)
            gap = [] if layout == "utae" else [nn.Identity()]
            self.mlp = nn.Sequential(linear, *gap, norm, nn.ReLU(), nn.Dropout(0.2))
            self.out_norm = nn.GroupNorm(HEADS, channels)

    def forward(self, x, days):
        batch, _, _, height, width = x.shape
        x = x.permute(0, 3, 4, 2, 1).flatten(0, 2)  # (N, C, T)
        x = self.inconv(self.in_norm(x)).transpose(1, 2)  # (N, T, D)
        waves = encode(days, WIDTH // HEADS, 1000).repeat(1, 1, HEADS)
        x = x + waves.repeat_interleave(height * width, 0)
        attend = getattr(self, "attention_heads", None) or self.attention_head
        weight = attend(x)  # (N, heads, T)
        found = self._embed(x, weight) if self.values else None
        weight = weight.unflatten(0, (batch, height, width)).permute(3, 0, 4, 1, 2)
        if found is not None:
            found = found.unflatten(0, (batch, height, width)).permute(0, 3, 1, 2)
        return found, weight

    def _embed(self, x, weight):
        values = x.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
        return self.out_norm(self.mlp((weight[:, :, None] @ values).flatten(1)))


def encode(days, width, period):
    """Waves of days: `(B, T, width)`."""
    index = torch.arange(width, device=days.device)
    angle = days[..., None] / period ** (2 * (index // 2) / width)
    return torch.where(index % 2 == 0, angle.sin(), angle.cos())
