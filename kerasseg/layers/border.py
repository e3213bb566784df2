"""Convolutions that choose what lies beyond the border of a map."""

import keras
from keras import ops

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.depthwise import DepthwiseConvolution

MODES = ("reflect", "zeros", "replicate", "circular")


class _Bordered:
    """Adds `border` pixels in a `padding_mode` to a convolution without padding."""

    def __init__(
        self, *args, border: int = 0, padding_mode: str = "reflect", **options
    ):
        super().__init__(*args, **{"padding": "valid", **options})
        self.border = border
        self.padding_mode = padding_mode

    def call(self, inputs):
        return super().call(surround(inputs, self.border, self.padding_mode))

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        height, width = (size and size + 2 * self.border for size in (height, width))
        return super().compute_output_shape((batch, height, width, channels))

    def get_config(self):
        return {
            **super().get_config(),
            "border": self.border,
            "padding_mode": self.padding_mode,
        }


@keras.saving.register_keras_serializable(package="kerasseg")
class BorderedConvolution(_Bordered, Convolution):
    """A convolution of a map with a border on all four sides.

    Keras' `padding="same"` is uneven where a stride leaves a choice, and knows zeros
    only; PyTorch's `padding` is the same on all sides, and its `padding_mode` decides
    what is there. This is the latter.

    Args:
        border: Pixels added on each side.
        padding_mode: What they are: `"reflect"` (the map mirrored at its outermost
            pixels, which are not repeated), `"zeros"`, `"replicate"` (the outermost
            pixel) or `"circular"` (the opposite side).

    All other arguments, and the weights, are those of `keras.layers.Conv2D`.
    """


@keras.saving.register_keras_serializable(package="kerasseg")
class BorderedDepthwise(_Bordered, DepthwiseConvolution):
    """A depthwise convolution of a map with a border; see `BorderedConvolution`.

    All other arguments, and the weights, are those of `keras.layers.DepthwiseConv2D`.
    """


def surround(x, border: int, mode: str):
    """Add pixels on all four sides of a map.

    Args:
        x: `(B, H, W, C)`; `"reflect"` needs `H` and `W` above `border`.
        border: Pixels on each side.
        mode: One of `MODES`.

    Returns:
        `(B, H + 2 * border, W + 2 * border, C)`.
    """
    if border == 0:
        return x
    if mode in ("zeros", "reflect"):
        sides = [[0, 0], [border, border], [border, border], [0, 0]]
        return ops.pad(x, sides, mode="reflect" if mode == "reflect" else "constant")
    for axis in (1, 2):
        x = _extend(x, border, mode, axis)
    return x


def _extend(x, border, mode, axis):
    first, last = _cut(x, axis, 0, border), _cut(x, axis, -border, None)
    if mode == "circular":
        return ops.concatenate([last, x, first], axis)
    first = ops.repeat(_cut(x, axis, 0, 1), border, axis)
    last = ops.repeat(_cut(x, axis, -1, None), border, axis)
    return ops.concatenate([first, x, last], axis)


def _cut(x, axis, start, stop):
    return x[(slice(None),) * axis + (slice(start, stop),)]
