"""Time-Unet: attention over the dates of each pixel, then a plain U-Net."""

from collections.abc import Sequence
from typing import Annotated, Literal

import keras
from annotated_types import Ge, Interval

from kerasseg.layers.series_blocks import Blocks, open_block
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
    encoder_norm: Literal["group", "batch", "instance", "none"] = "group",
    padding_mode: Literal["reflect", "zeros", "replicate", "circular"] = "reflect",
    n_head: Annotated[int, Ge(1)] = 16,
    d_model: Annotated[int, Ge(1)] | None = 256,
    d_k: Annotated[int, Ge(1)] = 4,
    attention_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.2,
    pixels: Annotated[int, Ge(1)] | None = 512,
    dates: Literal["days", "day_of_year", "both"] = "days",
    add_linear: bool = False,
    conv_type: Literal["2d", "depthwise_separable"] = "2d",
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
    """Build a Time-Unet.

    Each pixel attends to its own dates, at full size; the map of what it found is read
    by a plain U-Net.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder_widths: Channels of the U-Net at each size, finest first.
        decoder_widths: Channels of the decoder; the last is the encoder's. `None`
            takes those of the encoder.
        out_conv: Channels of the convolutions between the decoder and the logits.
        str_conv_k: Kernel of the convolutions between sizes.
        str_conv_s: Stride of the convolutions between sizes.
        str_conv_p: Padding of the convolutions between sizes.
        encoder_norm: How the encoder normalises; `"group"` and `"instance"` see each
            map by itself, `"batch"` all observed ones of the batch.
        padding_mode: What lies beyond the border of a map.
        n_head: Number of heads of the attention.
        d_model: Channels of the embedding, which the heads share; `None` attends to the
            map itself.
        d_k: Length of a head's query and keys.
        attention_dropout: Share of dates that a head leaves out in training.
        dropout: Share of channels left out after the attention in training.
        pixels: How many pixels of an image are attended to at once, about; `None` for
            all. With fewer, memory is bounded, and the gradient attends again.
        dates: What the attention knows of a date: `"days"` since the season's reference
            date, the `"day_of_year"`, or `"both"`. The latter two need the input
            `day_of_year`.
        add_linear: Whether a dense layer follows the sinusoids.
        conv_type: Kind of the U-Net's convolutions on its way down, and of the first
            two.
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
        num_classes)`, float32; or, if more was asked for, to a dictionary as of
        `kerasseg.models.utae.build`. H and W may be any size.

    Raises:
        ValueError: If widths, strides or heads do not fit each other.

    Source:
        Crop2Seg, https://github.com/Many98/Crop2Seg (`TimeUNet_v1`; code, not diagram:
        the embedding of the attention is the map). With `head="published"` it has
        1,054,044 parameters for 10 bands and 20 classes; on series without padding it
        is then the published model. The published one also mixes padded dates into its
        statistics: `padding="published"` does so too.
    """
    blocks = Blocks(
        encoder_norm,
        padding_mode,
        str_conv_k,
        str_conv_s,
        str_conv_p,
        separable=conv_type == "depthwise_separable",
        squeeze=add_squeeze,
    )
    decoder_widths = _series.check(
        "timeunet",
        encoder_widths,
        decoder_widths,
        blocks,
        n_head=n_head,
        attended=encoder_widths[0],
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

    def encode(x, observed=None):
        return open_block(
            x, encoder_widths[0], blocks, observed=observed, name="in_conv"
        )

    answer = series.attend(
        series.unfold(series.each_date(encode), "in_conv"),
        n_head,
        d_model,
        d_k,
        mlp=encoder_widths[:1],
        dates=dates,
        linear=add_linear,
        attention_dropout=attention_dropout,
        dropout=dropout,
        padding=padding,
        layout="crop2seg",
        pixels=pixels,
        answer="both" if return_attention else "embedding",
    )
    x, attention = answer if return_attention else (answer, None)
    return _series.answer(
        "timeunet",
        series,
        _series.unet(x, encoder_widths, decoder_widths, blocks),
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
