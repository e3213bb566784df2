"""STENN's ablation without dilation: halve the size, and enlarge all maps again."""

import keras
from keras import ops

from kerasseg.layers.date_blocks import DateBlocks
from kerasseg.layers.resize import bilinear


@keras.saving.register_keras_serializable(package="kerasseg")
class StridedBlocks(DateBlocks):
    """Halves the size again and again, as a VGG does, and enlarges all maps again.

    Args:
        widths: Channels of the blocks.
        kernel_size: Kernel of the convolutions that change the size.
        strides: Their step.
        border: Their padding.
        norm: See `DilatedBlocks`, as for all that follows.
        padding_mode: What lies beyond the border.
        pad_value: What a date consists of that the published code takes for padding.
        frames: How many dates are encoded at once.

    Call arguments:
        x: `(B, T, H, W, C)`.
        observed: `(B, T)`, which dates count in batch statistics.
        training: Whether to normalise with the batch's statistics.

    Returns:
        The input and the maps of all blocks, enlarged bilinearly to its size,
        `(B, T, H, W, C + sum(widths))`.

    Source:
        The ablation called VGG in stenn-pytorch (MIT),
        https://github.com/ThinkPak/stenn-pytorch.
    """

    def __init__(
        self,
        widths,
        kernel_size=4,
        strides=2,
        border=1,
        norm="group",
        padding_mode="reflect",
        pad_value=None,
        frames=2,
        **kwargs,
    ):
        super().__init__(widths, norm, padding_mode, pad_value, frames, **kwargs)
        self.kernel_size = kernel_size
        self.strides = strides
        self.border = border

    def build(self, x_shape, observed_shape=None):
        self.blocks = []
        channels = x_shape[-1]
        self.channels = channels + sum(self.widths)
        down = {"strides": self.strides, "border": self.border}
        for number, width in enumerate(self.widths):
            block = self._link(
                f"{number}.down",
                channels,
                channels,
                kernel_size=self.kernel_size,
                **down,
            )
            for place in (1, 2, 3):
                name = f"{number}.conv{place}"
                block += self._link(name, channels, width, kernel_size=3, border=1)
                channels = width
            self.blocks.append(block)

    def _read(self, maps):
        return maps[-1]

    def _enlarge(self, maps):
        _, height, width, _ = ops.shape(maps[0])
        return [maps[0], *(bilinear(x, height, width) for x in maps[1:])]

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "border": self.border,
        }
