"""The four series models in plain PyTorch, each with its published defaults.

They take `(B, T, C, H, W)` without padded dates, and days `(B, T)`. Their code is
ours, written after the papers; `series_models.py --check` compares them with answers of
the published code.
"""

from itertools import pairwise

import torch
from peers.attention import Ltae, encode
from peers.blocks import Chain, Down, Open, Up, each_date, weigh
from torch import nn

ENCODER, DECODER = (64, 64, 64, 128), (32, 32, 64, 128)


def _downs(**kind):
    return nn.ModuleList(Down(*pair, **kind) for pair in pairwise(ENCODER))


class _Unet(nn.Module):
    """What the family has in common: the way in, the decoder and the head."""

    def __init__(self, bands, classes):
        super().__init__()
        self.in_conv = Open([bands, ENCODER[0], ENCODER[0]], "group")
        self.down_blocks = _downs()
        pairs = zip(pairwise(DECODER[::-1]), ENCODER[-2::-1], strict=True)
        self.up_blocks = nn.ModuleList(Up(*pair, skip) for pair, skip in pairs)
        self.out_conv = Open([DECODER[0], 32, classes], "batch")

    def unet(self, x):
        maps = [x]
        for block in self.down_blocks:
            maps.append(block(maps[-1]))
        return self.climb(maps.pop(), maps[::-1])

    def climb(self, x, skips):
        for block, skip in zip(self.up_blocks, skips, strict=True):
            x = block(x, skip)
        return self.out_conv(x)


class Utae(_Unet):
    def __init__(self, bands, classes):
        super().__init__(bands, classes)
        self.temporal_encoder = Ltae(ENCODER[-1])

    def forward(self, x, days):
        maps = [each_date(self.in_conv, x)]
        for block in self.down_blocks:
            maps.append(each_date(block, maps[-1]))
        x, attention = self.temporal_encoder(maps.pop(), days)
        return self.climb(x, (weigh(skip, attention) for skip in maps[::-1]))


class Wtae(_Unet):
    def __init__(self, bands, classes):
        super().__init__(bands, classes)
        self.spatial_reduction = _downs(separable=True)
        self.temporal_encoder = Ltae(ENCODER[-1], "crop2seg", values=False)

    def forward(self, x, days):
        x = small = each_date(self.in_conv, x)
        for block in self.spatial_reduction:
            small = each_date(block, small)
        _, attention = self.temporal_encoder(small, days)
        return self.unet(weigh(x, attention))


class Timeunet(_Unet):
    def __init__(self, bands, classes):
        super().__init__(bands, classes)
        self.temporal_encoder = Ltae(ENCODER[0], "crop2seg")

    def forward(self, x, days):
        x, _ = self.temporal_encoder(each_date(self.in_conv, x), days)
        return self.unet(x)


class Dilated(nn.Module):
    def __init__(self, before, width, rates):
        super().__init__()
        self.conv1 = Chain([before, width], "group", dilations=rates[:1])
        self.conv2 = Chain([width, width], "group", dilations=rates[1:2])
        self.conv3 = Chain([width, width], "group", dilations=rates[2:])

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x)))


class Stenn(nn.Module):
    """The Transformer sees a row of pixels at a time, as published."""

    RATES = ((1, 2, 3), (2, 4, 6), (4, 8, 12), (8, 16, 24))
    WIDTHS = (16, 32, 32, 64)

    def __init__(self, bands, classes):
        super().__init__()
        width, blocks = sum(self.WIDTHS), []
        for number, rates in enumerate(self.RATES):
            before = bands + sum(self.WIDTHS[:number])
            blocks.append(Dilated(before, self.WIDTHS[number], rates))
        self.conv_blocks = nn.ModuleList(blocks)
        layer = nn.TransformerEncoderLayer(width, 8, 256)
        self.transformer_encoder = nn.TransformerEncoder(
            layer, 1, enable_nested_tensor=False
        )
        self.out_conv = Open([width, 64, classes], "batch")

    def forward(self, x, days):
        maps = [x]
        for block in self.conv_blocks:
            maps.append(each_date(block, torch.cat(maps, 2)))
        x = torch.cat(maps[1:], 2)
        x = x + encode(days, x.shape[2], 10_000)[..., None, None]
        x = nn.functional.dropout(x, 0.1, self.training)
        x = x.permute(1, 0, 3, 4, 2)  # (T, B, H, W, C)
        rows = [
            self.transformer_encoder(row).mean(0)
            for series in x.unbind(1)
            for row in series.unbind(1)
        ]
        batch, height = x.shape[1:3]
        x = torch.stack(rows).unflatten(0, (batch, height)).permute(0, 3, 1, 2)
        return torch.cat([self.out_conv(sample[None]) for sample in x])


MODELS = {"utae": Utae, "wtae": Wtae, "timeunet": Timeunet, "stenn": Stenn}
