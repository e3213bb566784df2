"""The blocks of the U-TAE family: one opens, others halve, others double the size."""

from dataclasses import dataclass
from functools import partial

import keras
from keras import layers

from kerasseg.layers.batch_norm import BatchNorm
from kerasseg.layers.border import BorderedConvolution
from kerasseg.layers.mbconv import mbconv_layer
from kerasseg.layers.series_convolution import conv_layer
from kerasseg.layers.squeeze import squeeze_excite
from kerasseg.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class Blocks:
    """What the blocks of one model have in common.

    Attributes:
        norm: How the encoder normalises; see `conv_layer`.
        padding_mode: What lies beyond the border; see `BorderedConvolution`.
        kernel: Kernel of the convolutions that change the size.
        stride: Their step.
        padding: Their padding; `kernel == stride + 2 * padding`.
        separable: Whether the encoder's convolutions are depthwise separable.
        mbconv: Whether inverted residual blocks replace convolutions.
        squeeze: Whether squeeze and excitation ends the encoder's blocks.
    """

    norm: str = "group"
    padding_mode: str = "reflect"
    kernel: int = 4
    stride: int = 2
    padding: int = 1
    separable: bool = False
    mbconv: bool = False
    squeeze: bool = False

    def chain(self, x, widths, norm, observed, name, separable=False):
        """Apply convolutions that keep the size, of the kind of this model."""
        if self.mbconv:
            return mbconv_layer(x, widths, norm, observed=observed, name=name)
        return conv_layer(
            x,
            widths,
            norm,
            padding_mode=self.padding_mode,
            separable=separable,
            observed=observed,
            name=name,
        )


def open_block(x, width: int, blocks: Blocks, *, observed=None, name: str):
    """Turn bands into a map of `width` channels: two convolutions.

    Args:
        x: `(N, H, W, bands)`.
        width: Channels of the map.
        blocks: The kind of convolution.
        observed: `(N,)`, which maps count in batch statistics.
        name: Prefix of the names of the layers.

    Returns:
        `(N, H, W, width)`.
    """
    x = blocks.chain(
        x, [width, width], blocks.norm, observed, f"{name}.conv", blocks.separable
    )
    if blocks.squeeze and not blocks.mbconv:
        return squeeze_excite(
            x, f"{name}.conv.conv.{4 if blocks.norm == 'none' else 6}"
        )
    return x


def down_block(
    x, width: int, blocks: Blocks, *, separable: bool | None = None, observed=None, name
) -> keras.KerasTensor:
    """Divide the size by the stride and refine what is left.

    Args:
        x: `(N, H, W, C)`.
        width: Channels of the result.
        blocks: The kind of convolution.
        separable: Overrides that of `blocks`.
        observed: `(N,)`, which maps count in batch statistics.
        name: Prefix of the names of the layers.

    Returns:
        `(N, H / stride, W / stride, width)`.
    """
    separable = blocks.separable if separable is None else separable
    chain = partial(
        blocks.chain, norm=blocks.norm, observed=observed, separable=separable
    )
    x = conv_layer(
        x,
        [x.shape[-1]],
        blocks.norm,
        kernel=blocks.kernel,
        stride=blocks.stride,
        padding=blocks.padding,
        padding_mode=blocks.padding_mode,
        separable=separable,
        observed=observed,
        name=f"{name}.down",
    )
    x = chain(x, [width], name=f"{name}.conv1")
    y = chain(x, [width], name=f"{name}.conv2")
    if blocks.mbconv:
        return y
    x = layers.Add(name=f"{name}.add")([x, y])
    return squeeze_excite(x, f"{name}.sae") if blocks.squeeze else x


def up_block(x, skip, width: int, blocks: Blocks, *, name: str) -> keras.KerasTensor:
    """Multiply the size by the stride and join the encoder's map of that size.

    Its normalisation is always that of the batch.

    Args:
        x: `(B, h, w, C)`.
        skip: `(B, h * stride, w * stride, C')`.
        width: Channels of the result.
        blocks: The kind of convolution.
        name: Prefix of the names of the layers.

    Returns:
        `(B, h * stride, w * stride, width)`.
    """
    x = TransposedConvolution(
        width, blocks.kernel, blocks.stride, padding="same", name=f"{name}.up.0"
    )(x)
    x = BatchNorm(name=f"{name}.up.1")(x)
    skip = BorderedConvolution(skip.shape[-1], 1, name=f"{name}.skip_conv.0")(skip)
    skip = BatchNorm(name=f"{name}.skip_conv.1")(skip)
    x = layers.Concatenate(name=f"{name}.concat")([x, skip])
    x = blocks.chain(x, [width], "batch", None, f"{name}.conv1")
    y = blocks.chain(x, [width], "batch", None, f"{name}.conv2")
    return y if blocks.mbconv else layers.Add(name=f"{name}.add")([x, y])


def head(
    x, widths, num_outputs: int, blocks: Blocks, *, published: bool, name: str
) -> keras.KerasTensor:
    """Turn features into logits.

    Args:
        x: `(B, H, W, C)`.
        widths: Channels of the convolutions before the last.
        num_outputs: Number of logits per pixel.
        blocks: The kind of convolution.
        published: Whether the logits too are normalised and cut off at zero, as the
            published models do, or plain.
        name: Prefix of the names of the layers.

    Returns:
        Logits `(B, H, W, num_outputs)`, float32.
    """
    norm = "group" if blocks.mbconv else "batch"
    if published:
        x = blocks.chain(x, [*widths, num_outputs], norm, None, f"{name}.conv")
        return layers.Activation("linear", dtype="float32", name=f"{name}.logits")(x)
    if widths:
        x = blocks.chain(x, widths, norm, None, f"{name}.conv")
    last = len(widths) if blocks.mbconv else 3 * len(widths)
    return BorderedConvolution(
        num_outputs,
        3,
        border=1,
        padding_mode=blocks.padding_mode,
        dtype="float32",
        name=f"{name}.conv.conv.{last}",
    )(x)
