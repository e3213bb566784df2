"""Blocks of the U-TAE family in plain PyTorch, as the papers and SPEC describe them.

Names of modules are those of the published code, so that its weights can be loaded.
"""

from itertools import pairwise

import torch
from torch import nn


class Chain(nn.Module):
    """Convolution, normalisation and ReLU, once for each step from width to width."""

    def __init__(self, widths, norm, k=3, s=1, p=1, dilations=None, separable=False):
        super().__init__()
        links = []
        for step, (before, after) in enumerate(pairwise(widths)):
            d = dilations[step] if dilations else 1
            shape = {"stride": s, "padding": d * p, "dilation": d}
            shape["padding_mode"] = "reflect"
            if separable:
                links.append(Separable(before, after, k, shape))
            else:
                links.append(nn.Conv2d(before, after, k, **shape))
            group = norm == "group"
            links.append(nn.GroupNorm(4, after) if group else nn.BatchNorm2d(after))
            links.append(nn.ReLU())
        self.conv = nn.Sequential(*links)

    def forward(self, x):
        return self.conv(x)


class Separable(nn.Module):
    """A depthwise convolution, then a pointwise one."""

    def __init__(self, before, after, k, shape):
        super().__init__()
        self.depthwise = nn.Conv2d(
            before, before, k, groups=before, bias=False, **shape
        )
        self.pointwise = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Open(nn.Module):
    """A chain under the name that the published blocks give it."""

    def __init__(self, widths, norm):
        super().__init__()
        self.conv = Chain(widths, norm)

    def forward(self, x):
        return self.conv(x)


class Down(nn.Module):
    """Half the size, and a residual around the last convolution."""

    def __init__(self, before, after, separable=False):
        super().__init__()
        kind = {"norm": "group", "separable": separable}
        self.down = Chain([before, before], k=4, s=2, **kind)
        self.conv1 = Chain([before, after], **kind)
        self.conv2 = Chain([after, after], **kind)

    def forward(self, x):
        x = self.conv1(self.down(x))
        return x + self.conv2(x)


class Up(nn.Module):
    """Twice the size, joined with a skip."""

    def __init__(self, before, after, skip):
        super().__init__()
        self.skip_conv = nn.Sequential(
            nn.Conv2d(skip, skip, 1), nn.BatchNorm2d(skip), nn.ReLU()
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()
        )
        self.conv1 = Chain([after + skip, after], "batch")
        self.conv2 = Chain([after, after], "batch")

    def forward(self, x, skip):
        x = self.conv1(torch.cat([self.up(x), self.skip_conv(skip)], 1))
        return x + self.conv2(x)


def each_date(block, x):
    """Apply a block of images to `(B, T, C, H, W)`."""
    batch, dates = x.shape[:2]
    return block(x.flatten(0, 1)).unflatten(0, (batch, dates))


def weigh(x, attention):
    """Sum the dates `(B, T, C, H, W)`, each head weighing its group of channels.

    Args:
        x: The maps.
        attention: `(heads, B, T, h, w)`, enlarged here to the size of the maps.
    """
    heads, batch = attention.shape[:2]
    attention = nn.functional.interpolate(
        attention.flatten(0, 1), x.shape[-2:], mode="bilinear", align_corners=False
    )
    attention = attention.unflatten(0, (heads, batch))
    groups = torch.stack(x.chunk(heads, 2))  # (heads, B, T, C / heads, H, W)
    groups = (attention[:, :, :, None] * groups).sum(2)
    return torch.cat(list(groups), 1)
