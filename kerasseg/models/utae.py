"""U-TAE: a U-Net over dates that learns, pixel by pixel, which dates to look at."""

from collections.abc import Sequence
from typing import Annotated, Literal

import keras
from annotated_types import Ge, Interval

from kerasseg.layers.series_blocks import Blocks, down_block, open_block
from kerasseg.layers.temporal_aggregation import TemporalAggregation
from kerasseg.models import _series


def build(  # noqa: PLR0913
    bands: int,
    num_classes: int,
    *,
    encoder_widths: Sequence[int] = (64, 64, 64, 128),
    decoder_widths: Sequence[int] | None = (32, 32, 64, 128),
    out_conv: Sequence[int] = (32,),
    str_conv_k: Annotated[int, Ge(1)] = 4,
    str_conv_s: Annotated[int, Ge(1)] = 2,
    str_conv_p: Annotated[int, Ge(0)] = 1,
    agg_mode: Literal["att_group", "att_mean", "mean"] = "att_group",
    encoder_norm: Literal["group", "batch", "instance", "none"] = "group",
    padding_mode: Literal["reflect", "zeros", "replicate", "circular"] = "reflect",
    n_head: Annotated[int, Ge(1)] = 16,
    d_model: Annotated[int, Ge(1)] | None = 256,
    d_k: Annotated[int, Ge(1)] = 4,
    attention_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.2,
    dates: Literal["days", "day_of_year", "both"] = "days",
    add_linear: bool = False,
    conv_type: Literal["2d", "depthwise_separable"] = "2d",
    use_mbconv: bool = False,
    add_squeeze: bool = False,
    boundary_head: bool = False,
    encoder: bool = False,
    return_maps: bool = False,
    return_attention: bool = False,
    head: Literal["plain", "published"] = "plain",
    padding: Literal["ignored", "published"] = "ignored",
    pad_value: float = 0.0,
    init: Literal["keras", "published"] = "keras",
    remat: bool = False,
) -> keras.Model:
    """Build a U-TAE.

    The reference for crop maps from series of satellite images: an encoder sees each
    date by itself, attention over dates is found at the coarsest size, and the same
    attention, enlarged, gathers the dates at each finer size on the way back.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder_widths: Channels of the encoder at each size, finest first.
        decoder_widths: Channels of the decoder; the last is the encoder's. `None`
            takes those of the encoder.
        out_conv: Channels of the convolutions between the decoder and the logits.
        str_conv_k: Kernel of the convolutions between sizes.
        str_conv_s: Stride of the convolutions between sizes.
        str_conv_p: Padding of the convolutions between sizes.
        agg_mode: How the dates of a skip become one map: `"att_group"` weighs groups
            of channels by the heads of the attention, `"att_mean"` all channels by the
            mean of the heads, `"mean"` takes the mean of the observed dates.
        encoder_norm: How the encoder normalises; `"group"` and `"instance"` see each
            date by itself, `"batch"` the observed dates of the batch.
        padding_mode: What lies beyond the border of a map.
        n_head: Number of heads of the attention.
        d_model: Channels of the embedding, which the heads share; `None` attends to the
            encoder's map itself.
        d_k: Length of a head's query and keys.
        attention_dropout: Share of dates that a head leaves out in training.
        dropout: Share of channels left out after the attention in training.
        dates: What the attention knows of a date: `"days"` since the season's reference
            date, the `"day_of_year"`, or `"both"`. The latter two need the input
            `day_of_year`.
        add_linear: Whether a dense layer follows the sinusoids.
        conv_type: Kind of the encoder's convolutions.
        use_mbconv: Whether inverted residual blocks replace convolutions.
        add_squeeze: Whether squeeze and excitation ends the encoder's blocks.
        boundary_head: Whether to answer also whether a pixel is a boundary.
        encoder: Whether to answer features and maps instead of logits.
        return_maps: Whether to answer the decoder's maps too.
        return_attention: Whether to answer the attention too.
        head: `"plain"` ends in logits; `"published"` normalises them and cuts them off
            at zero, as published weights expect.
        padding: `"ignored"`: a date with `days == -1` changes nothing. `"published"`:
            a date whose every value is `pad_value` is padding, and takes part in the
            normalisation over dates.
        pad_value: What padding consists of, for `padding="published"`.
        init: `"keras"`, or `"published"`: the random weights of the published code.
        remat: Whether to save memory in training, by computing what is cheap inside
            the encoder's blocks twice.

    Returns:
        A model from `{"image": (B, T, H, W, C), "days": (B, T)}` to logits `(B, H, W,
        num_classes)`, float32; or, if more was asked for, to a dictionary of `logits`,
        `boundary` `(B, H, W, 2)`, `features` `(B, H, W, decoder_widths[0])`,
        `attention` `(B, n_head, T, h, w)` and `maps`, coarsest first. H and W may be
        any size: images are grown by repeating the last row and column, and logits are
        cut back; `attention` and `maps` are not.

    Raises:
        ValueError: If widths, strides or heads do not fit each other.

    Source:
        Garnot and Landrieu, "Panoptic Segmentation of Satellite Image Time Series with
        Convolutional Temporal Attention Networks", 2021,
        https://arxiv.org/abs/2107.07933, in the layout of utae-paps (MIT),
        https://github.com/VSainteuf/utae-paps. With `head="published"` it has 1,087,260
        parameters for 10 bands and 20 classes; on series without padding it is then
        the published model. The published one also mixes padded dates into its
        statistics: `padding="published"` does so too. Not reproduced: batch
        normalisation that learns from an empty batch. Depthwise separable, inverted
        residual and squeezed blocks, dates and boundaries are those of Crop2Seg,
        https://github.com/Many98/Crop2Seg.
    """
    blocks = Blocks(
        encoder_norm,
        padding_mode,
        str_conv_k,
        str_conv_s,
        str_conv_p,
        separable=conv_type == "depthwise_separable",
        mbconv=use_mbconv,
        squeeze=add_squeeze,
    )
    decoder_widths = _series.check(
        "utae",
        encoder_widths,
        decoder_widths,
        blocks,
        n_head=n_head,
        attended=encoder_widths[-1],
        grouped=encoder_widths[:-1] if agg_mode == "att_group" else (),
        remat=remat,
    )
    series = _series.read(
        bands,
        blocks,
        levels=len(encoder_widths),
        dates=dates,
        padding=padding,
        pad_value=pad_value,
        remat=remat,
    )
    stages = ["in_conv", *(f"down_blocks.{n}" for n in range(len(encoder_widths) - 1))]

    def encode(x, observed=None):
        x = open_block(x, encoder_widths[0], blocks, observed=observed, name=stages[0])
        maps = [x]
        for name, width in zip(stages[1:], encoder_widths[1:], strict=True):
            x = down_block(x, width, blocks, observed=observed, name=name)
            maps.append(x)
        return maps

    maps = [
        series.unfold(x, name)
        for x, name in zip(series.each_date(encode), stages, strict=True)
    ]
    x, attention = series.attend(
        maps[-1],
        n_head,
        d_model,
        d_k,
        mlp=encoder_widths[-1:],
        dates=dates,
        linear=add_linear,
        attention_dropout=attention_dropout,
        dropout=dropout,
        padding=padding,
    )
    skips = [
        TemporalAggregation(agg_mode, remat, name=f"temporal_aggregator.{level}")(
            skip, attention, series.observed
        )
        for level, skip in enumerate(maps[-2::-1])
    ]
    return _series.answer(
        "utae",
        series,
        _series.climb(x, skips, decoder_widths[-2::-1], blocks),
        attention,
        num_classes,
        blocks,
        out_conv=out_conv,
        published_head=head == "published",
        boundary_head=boundary_head,
        encoder=encoder,
        return_maps=return_maps,
        return_attention=return_attention,
        published_init=init == "published",
    )
