"""STENN: dilated convolutions see each date at full size, a Transformer the dates."""

from collections.abc import Sequence
from typing import Annotated, Literal

import keras
from annotated_types import Ge, Interval

from kerasseg.layers import published_initializer, series_blocks
from kerasseg.layers.border import BorderedConvolution
from kerasseg.layers.dilated_blocks import DilatedBlocks
from kerasseg.layers.frames import FoldDates, Observed, UnfoldDates
from kerasseg.layers.mean_over_dates import MeanOverDates
from kerasseg.layers.padding import CropLike, PadToMultiple
from kerasseg.layers.sample_norm import SampleBatchNorm
from kerasseg.layers.series_blocks import Blocks
from kerasseg.layers.series_convolution import GROUPS
from kerasseg.layers.strided_blocks import StridedBlocks
from kerasseg.layers.temporal_transformer import TemporalTransformer


def build(  # noqa: PLR0913
    bands: int,
    num_classes: int,
    *,
    encoder_widths: Sequence[int] = (16, 32, 32, 64),
    dilation_rates: Sequence[Sequence[int]] = (
        (1, 2, 3),
        (2, 4, 6),
        (4, 8, 12),
        (8, 16, 24),
    ),
    out_widths: Sequence[int] = (64,),
    num_heads: Annotated[int, Ge(1)] = 8,
    dim_feedforward: Annotated[int, Ge(1)] = 256,
    num_layers: Annotated[int, Ge(1)] = 1,
    dense: bool = True,
    transformer: bool = True,
    strided: bool = False,
    str_conv_k: Annotated[int, Ge(1)] = 4,
    str_conv_s: Annotated[int, Ge(1)] = 2,
    str_conv_p: Annotated[int, Ge(0)] = 1,
    encoder_norm: Literal["group", "batch", "instance", "none"] = "group",
    padding_mode: Literal["reflect", "zeros", "replicate", "circular"] = "reflect",
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
    head: Literal["plain", "published"] = "plain",
    padding: Literal["ignored", "published"] = "ignored",
    pad_value: float | None = 0.0,
    init: Literal["keras", "published"] = "keras",
    frames: Annotated[int, Ge(1)] | None = 2,
    pixels: Annotated[int, Ge(1)] | None = 128,
) -> keras.Model:
    """Build a STENN.

    Fine borders and a full look at the season: maps never leave the full size, and at
    each pixel every date looks at every other. The price is work, not memory: dates
    and pixels are computed a few at a time.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder_widths: Channels of the blocks of the encoder.
        dilation_rates: For each block, the distances between the pixels that its
            convolutions read.
        out_widths: Channels of the convolutions between the dates' mean and the logits.
        num_heads: Number of heads of the Transformer.
        dim_feedforward: Channels inside the part that sees each date by itself.
        num_layers: Number of the Transformer's layers.
        dense: Whether a dilated block reads the image and all blocks before it, or only
            the last one.
        transformer: Whether dates look at each other before their mean is taken.
        strided: Whether blocks halve the size instead of dilating their convolutions;
            their maps are enlarged again. `dilation_rates` and `dense` then do not
            matter.
        str_conv_k: Kernel of the convolutions between sizes, if `strided`.
        str_conv_s: Stride of the convolutions between sizes.
        str_conv_p: Padding of the convolutions between sizes.
        encoder_norm: How the encoder normalises; `"group"` and `"instance"` see each
            date by itself, `"batch"` the observed dates of the batch, for which all of
            them must be in memory.
        padding_mode: What lies beyond the border of a map.
        dropout: Share of the Transformer's values that are dropped in training.
        head: `"plain"` ends in logits; `"published"` normalises them and cuts them off
            at zero, and in training does so for each sample by itself.
        padding: `"ignored"`: a date with `days == -1` changes nothing. `"published"`:
            the Transformer and the mean see all dates, padded ones as day 0, and maps
            of a date whose every value is `pad_value` are `pad_value`.
        pad_value: What padding consists of, for `padding="published"`; `None` for
            nothing.
        init: `"keras"`, or `"published"`: the random weights of the published code.
        frames: How many dates the encoder works on at once; `None` for all. Few
            save memory, and in training cost a second computation of each.
        pixels: How many pixels of each image the Transformer works on at once;
            `None` for all.

    Returns:
        A model from `{"image": (B, T, H, W, C), "days": (B, T)}` to logits `(B, H, W,
        num_classes)`, float32. H and W may be any size: an image smaller than the
        convolutions can mirror is grown by repeating its last row and column.

    Raises:
        ValueError: If widths, rates or heads do not fit each other.

    Source:
        Zhang, Wang, Du and Zhu, STENN, Applied Sciences 13(23), 12658, 2023, in the
        layout of stenn-pytorch (MIT), https://github.com/ThinkPak/stenn-pytorch, whose
        shipped configuration is the default: 446,908 parameters for 10 bands and 20
        classes. On series without padding it is, with `head="published"`, the
        published model. There `days` are counted from the Chinese lunar New Year; that
        is the dataset's choice. Not reproduced: batch normalisation of the encoder
        that learns from an empty batch.
    """
    _check(
        encoder_widths,
        None if strided else dilation_rates,
        num_heads if transformer else 1,
        encoder_norm,
    )
    published = padding == "published"
    fill = pad_value if published else None
    inputs = {
        "image": keras.Input((None, None, None, bands), name="image"),
        "days": keras.Input((None,), name="days", dtype="int32"),
    }
    observed = Observed(fill, name="observed")(inputs["image"], inputs["days"])
    images = FoldDates(name="fold")(inputs["image"])
    # A map must be larger than the border that mirrors it.
    largest = max(max(rates, default=1) for rates in dilation_rates) + 1
    least = 2 * str_conv_s ** (len(encoder_widths) - 1) if strided else largest
    grow = PadToMultiple(1, least if padding_mode == "reflect" else 0, name="grow")
    dated = grow(images)
    blocks = Blocks(encoder_norm, padding_mode)
    options = {
        "norm": encoder_norm,
        "padding_mode": padding_mode,
        "pad_value": fill,
        "frames": frames,
    }
    if strided:
        counted = FoldDates(name="counted")(observed)
        x = series_blocks.open_block(
            dated, encoder_widths[0], blocks, observed=counted, name="in_conv"
        )
        x = UnfoldDates(fill, name="in_conv.dates")(x, observed)
        step = {"kernel_size": str_conv_k, "strides": str_conv_s, "border": str_conv_p}
        x = StridedBlocks(encoder_widths[1:], **step, **options, name="down_blocks")(
            x, observed
        )
    else:
        x = UnfoldDates(name="dates")(dated, observed)
        x = DilatedBlocks(
            encoder_widths, dilation_rates, dense, **options, name="conv_blocks"
        )(x, observed)
    if transformer:
        x = TemporalTransformer(
            num_heads,
            dim_feedforward,
            num_layers,
            dropout,
            padding,
            pixels=pixels,
            name="transformer_encoder",
        )(x, inputs["days"])
    else:
        x = MeanOverDates(padding, name="mean_over_dates")(x, observed)
    if head == "published" and transformer:
        x = _published_head(x, [*out_widths, num_classes], padding_mode)
    else:
        x = series_blocks.head(
            x,
            out_widths,
            num_classes,
            blocks,
            published=head == "published",
            name="out_conv",
        )
    model = keras.Model(inputs, CropLike(name="logits")(x, images), name="stenn")
    if init == "published":
        published_initializer.draw(model)
    return model


def _published_head(x, widths: Sequence[int], padding_mode: str) -> keras.KerasTensor:
    for link, width in enumerate(widths):
        dtype = "float32" if link == len(widths) - 1 else None
        name = f"out_conv.conv.conv.{3 * link}"
        x = BorderedConvolution(
            width, 3, border=1, padding_mode=padding_mode, dtype=dtype, name=name
        )(x)
        name = f"out_conv.conv.conv.{3 * link + 1}"
        x = SampleBatchNorm(dtype=dtype, name=name)(x)
    return x


def _check(widths, rates, heads, norm) -> None:
    if rates is not None and (len(widths) != len(rates) or not widths):
        raise ValueError(
            f"stenn: {len(widths)} encoder_widths but {len(rates)} dilation_rates. "
            "Give one width and one list of rates to each block."
        )
    if sum(widths) % heads:
        raise ValueError(
            f"stenn: num_heads {heads} cannot share {sum(widths)} channels, the sum of "
            f"encoder_widths. Choose a divisor of {sum(widths)}, or other widths."
        )
    if norm == "group" and any(width % GROUPS for width in widths):
        raise ValueError(
            f"stenn: encoder_widths {list(widths)} with encoder_norm 'group', which "
            f"makes {GROUPS} groups. Give multiples of {GROUPS}."
        )
