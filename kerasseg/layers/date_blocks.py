"""Convolutions that see each date by itself, a few dates at a time."""

import keras
from keras import ops

from kerasseg.layers.batch_norm import BatchNorm
from kerasseg.layers.border import BorderedConvolution
from kerasseg.layers.frame_norm import FrameNorm
from kerasseg.layers.in_chunks import layers_in_chunks
from kerasseg.layers.series_convolution import GROUPS


class DateBlocks(keras.layers.Layer):
    """Blocks of convolutions whose results, at the size of the input, are joined.

    A subclass builds `self.blocks`, a list of lists of links, and says what a block
    reads and how its map comes to full size.
    """

    def __init__(self, widths, norm, padding_mode, pad_value, frames, **kwargs):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        self.norm = norm
        self.padding_mode = padding_mode
        self.pad_value = pad_value
        self.frames = frames

    def _link(self, name, channels, width, **convolution):
        """Build a convolution and its normalisation, `conv.0` and `conv.1`."""
        convolve = BorderedConvolution(
            width,
            padding_mode=self.padding_mode,
            name=f"{name}.conv.0",
            dtype=self.dtype_policy,
            **convolution,
        )
        convolve.build((None, None, None, channels))
        options = {"name": f"{name}.conv.1", "dtype": self.dtype_policy}
        normalize = {
            "group": lambda: FrameNorm(GROUPS, **options),
            "instance": lambda: FrameNorm(None, affine=False, **options),
            "batch": lambda: BatchNorm(**options),
            "none": lambda: keras.layers.Activation("relu", **options),
        }[self.norm]()
        normalize.build((None, None, None, width))
        return [convolve, normalize]

    def call(self, x, observed, training=None):
        frames = ops.reshape(x, (-1, *ops.shape(x)[2:]))
        counted = ops.reshape(observed, (-1,))
        batch_norm = self.norm == "batch" and training
        if self.frames is None or batch_norm:
            found = self._encode(frames, counted, training)
        else:
            found = self._encode_in_chunks(frames)
        return ops.reshape(found, (*ops.shape(observed), *ops.shape(found)[1:]))

    def _encode_in_chunks(self, frames):
        def encode(frames, start, constants):
            return self._encode(frames, None, False)

        return layers_in_chunks(encode, frames, self.weights, size=self.frames)

    def _encode(self, frames, counted, training):
        maps = [frames]
        for block in self.blocks:
            x = before = self._read(maps)
            for layer in block:
                if isinstance(layer, BatchNorm):
                    x = layer(x, observed=counted, training=training)
                else:
                    x = layer(x)
            maps.append(self._fill(x, before))
        return ops.concatenate(self._enlarge(maps), axis=-1)

    def _fill(self, x, before):
        """Make a map constant, as the published code does, if the block read nothing.

        There a map whose every value is `pad_value` counts as padding.
        """
        if self.pad_value is None:
            return x
        seen = ops.any(ops.not_equal(before, self.pad_value), (1, 2, 3), keepdims=True)
        return ops.where(seen, x, ops.cast(self.pad_value, x.dtype))

    def compute_output_spec(self, x, observed, training=None):
        return keras.KerasTensor((*x.shape[:-1], self.channels), self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "widths": list(self.widths),
            "norm": self.norm,
            "padding_mode": self.padding_mode,
            "pad_value": self.pad_value,
            "frames": self.frames,
        }
