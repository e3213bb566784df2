"""STENN's spatial encoder: dilated convolutions at full size, densely connected."""

import keras
from keras import ops

from kerasseg.layers.date_blocks import DateBlocks


@keras.saving.register_keras_serializable(package="kerasseg")
class DilatedBlocks(DateBlocks):
    """Sees near and far without ever leaving the full size: dilated convolutions.

    Each block has one convolution, normalisation and ReLU for each of its rates. It
    reads the image and what all blocks before it found, or only the latter's last.

    Args:
        widths: Channels of the blocks.
        rates: Distances between the pixels that a kernel reads, for each block.
        dense: Whether a block reads everything before it.
        norm: How maps are normalised: `"group"`, `"instance"`, `"batch"`, `"none"`.
        padding_mode: What lies beyond the border; see `BorderedConvolution`.
        pad_value: What a date consists of that the published code takes for padding;
            `None` for nothing.
        frames: How many dates are encoded at once; for the gradient each is encoded
            once more. `None` for all at once, and once only. In training, `"batch"`
            encodes all at once, for it looks at all.

    Call arguments:
        x: `(B, T, H, W, C)`; `"reflect"` needs H and W above the largest rate.
        observed: `(B, T)`, which dates count in batch statistics.
        training: Whether to normalise with the batch's statistics.

    Returns:
        The maps of all blocks, `(B, T, H, W, sum(widths))`.

    Source:
        Zhang et al., STENN, Applied Sciences 13(23), 12658, 2023.
    """

    def __init__(
        self,
        widths,
        rates,
        dense=True,
        norm="group",
        padding_mode="reflect",
        pad_value=None,
        frames=2,
        **kwargs,
    ):
        super().__init__(widths, norm, padding_mode, pad_value, frames, **kwargs)
        self.rates = tuple(tuple(block) for block in rates)
        self.dense = dense
        self.channels = sum(self.widths)

    def build(self, x_shape, observed_shape=None):
        self.blocks = []
        channels = known = x_shape[-1]
        for number, (width, rates) in enumerate(
            zip(self.widths, self.rates, strict=True)
        ):
            block = []
            for place, rate in enumerate(rates, 1):
                name = f"{number}.conv{place}"
                block += self._link(
                    name,
                    channels,
                    width,
                    kernel_size=3,
                    dilation_rate=rate,
                    border=rate,
                )
                channels = width
            self.blocks.append(block)
            known += width
            channels = known if self.dense else width

    def _read(self, maps):
        return ops.concatenate(maps, axis=-1) if self.dense else maps[-1]

    def _enlarge(self, maps):
        return maps[1:]

    def get_config(self):
        rates = [list(block) for block in self.rates]
        return {**super().get_config(), "rates": rates, "dense": self.dense}
