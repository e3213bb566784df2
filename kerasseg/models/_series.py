"""What the builders of the U-TAE family share: the way in, and the way out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras

from kerasseg.layers import published_initializer
from kerasseg.layers.frames import FoldDates, Observed, UnfoldDates
from kerasseg.layers.one_by_one import OneByOne
from kerasseg.layers.padding import CropLike, PadToMultiple
from kerasseg.layers.rematerialized import Rematerialized
from kerasseg.layers.series_blocks import Blocks, down_block, head, up_block
from kerasseg.layers.series_convolution import GROUPS
from kerasseg.layers.temporal_attention import TemporalAttention


@dataclass(frozen=True)
class Series:
    """A batch of series on its way through a model.

    Attributes:
        inputs: The inputs of the model, by name.
        observed: `(B, T)`, true at observed dates.
        images: All dates in one row, `(B * T, H, W, bands)`.
        frames: The same, grown to a size that the model can halve.
        counted: `(B * T,)`, which of them count in batch statistics.
        fill: What maps of dates hold that were not observed; `None` for anything.
        remat: Whether maps between blocks are computed again for the gradient.
    """

    inputs: dict[str, keras.KerasTensor]
    observed: keras.KerasTensor
    images: keras.KerasTensor
    frames: keras.KerasTensor
    counted: keras.KerasTensor
    fill: float | None
    remat: bool

    def each_date(self, encode: Callable):
        """Apply two-dimensional layers to each date by itself.

        Args:
            encode: From `(N, H, W, bands)` and `observed=` to one or several maps.
        """
        if not self.remat:
            return encode(self.frames, observed=self.counted)
        inside = keras.Input(self.frames.shape[1:])
        inner = Rematerialized(inside, encode(inside), name="rematerialized")
        return inner(self.frames)

    def attend(self, x, *options, **more):
        """Find the attention over dates of a map `(B, T, h, w, C)`."""
        return TemporalAttention(*options, name="temporal_encoder", **more)(
            x,
            self.inputs["days"],
            observed=self.observed,
            day_of_year=self.inputs.get("day_of_year"),
        )

    def unfold(self, x, name: str) -> keras.KerasTensor:
        """Give each series its dates back, `(B, T, h, w, C)`."""
        return UnfoldDates(self.fill, name=f"{name}.dates")(x, self.observed)

    def crop(self, x, name: str) -> keras.KerasTensor:
        """Cut a map to the size of the images."""
        return CropLike(name=name)(x, self.images)


def read(
    bands: int,
    blocks: Blocks,
    *,
    levels: int,
    dates: str,
    padding: str,
    pad_value: float,
    remat: bool,
) -> Series:
    """Open a model: its inputs, and its dates in one row.

    Args:
        bands: Number of spectral bands.
        blocks: The blocks that follow.
        levels: Number of sizes that the model works at.
        dates: How dates are encoded; what needs the day of the year asks for it.
        padding: `"ignored"` or `"published"`.
        pad_value: What the published code takes a padded date to consist of.
        remat: Whether maps between blocks are computed again for the gradient.
    """
    # Days are whole numbers, but the published models take any.
    inputs = {
        "image": keras.Input((None, None, None, bands), name="image"),
        "days": keras.Input((None,), name="days", dtype="float32"),
    }
    if dates != "days":
        inputs["day_of_year"] = keras.Input((None,), name="day_of_year", dtype="int32")
    published = padding == "published"
    fill = float(pad_value) if published else None
    observed = Observed(fill, name="observed")(inputs["image"], inputs["days"])
    images = FoldDates(name="fold")(inputs["image"])
    multiple = blocks.stride ** (levels - 1)
    # A map of one pixel has nothing to mirror.
    mirrors = blocks.padding_mode == "reflect" or blocks.mbconv
    grow = PadToMultiple(multiple, 2 * multiple if mirrors else 0, name="grow")
    return Series(
        inputs,
        observed,
        images,
        grow(images),
        FoldDates(name="counted")(observed),
        fill,
        remat,
    )


def climb(x, skips: Sequence, widths: Sequence[int], blocks: Blocks) -> list:
    """Double the size again and again, and join the map of each size.

    Args:
        x: The coarsest map.
        skips: The other maps, coarsest first.
        widths: Channels at each of their sizes.
        blocks: The kind of convolution.

    Returns:
        The maps from the coarsest, `x`, to the finest.
    """
    maps = [x]
    for stage, (skip, width) in enumerate(zip(skips, widths, strict=True)):
        maps.append(up_block(maps[-1], skip, width, blocks, name=f"up_blocks.{stage}"))
    return maps


def unet(x, encoder_widths, decoder_widths, blocks: Blocks) -> list:
    """Read one map with a U-Net; see `climb` for what it returns."""
    maps = [x]
    for stage, width in enumerate(encoder_widths[1:]):
        maps.append(down_block(maps[-1], width, blocks, name=f"down_blocks.{stage}"))
    return climb(maps[-1], maps[-2::-1], decoder_widths[-2::-1], blocks)


def answer(  # noqa: PLR0913
    name: str,
    series: Series,
    maps: Sequence[keras.KerasTensor],
    attention: keras.KerasTensor,
    num_classes: int,
    blocks: Blocks,
    *,
    out_conv: Sequence[int],
    published_head: bool,
    boundary_head: bool,
    encoder: bool,
    return_maps: bool,
    return_attention: bool,
    published_init: bool,
) -> keras.Model:
    """Close a model: logits, and whatever else was asked for.

    Args:
        name: Name of the model.
        series: What `read` returned.
        maps: The decoder's maps, coarsest first.
        attention: `(B, heads, T, h, w)`.
        num_classes: Number of classes.
        blocks: The kind of convolution.
        out_conv: Channels of the convolutions before the logits.
        published_head: Whether logits are normalised and cut off at zero.
        boundary_head: Whether to tell boundaries too.
        encoder: Whether to return features instead of logits.
        return_maps: Whether to return the decoder's maps.
        return_attention: Whether to return the attention.
        published_init: Whether to start from the published random weights.

    Returns:
        A model whose output is the logits, or a dictionary if there is more.
    """
    outputs = {}
    if encoder:
        outputs["features"] = series.crop(maps[-1], "features")
    else:
        logits = head(
            maps[-1],
            out_conv,
            num_classes,
            blocks,
            published=published_head,
            name="out_conv",
        )
        outputs["logits"] = series.crop(logits, "logits")
    if boundary_head:
        boundary = head(
            maps[-1], [32], 2, blocks, published=published_head, name="boundary_conv"
        )
        outputs["boundary"] = series.crop(boundary, "boundary")
    if return_attention:
        outputs["attention"] = attention
    if encoder or return_maps:
        outputs["maps"] = list(maps)
    alone = list(outputs) == ["logits"]
    kind = OneByOne if series.remat else keras.Model
    model = kind(series.inputs, outputs["logits"] if alone else outputs, name=name)
    if published_init:
        published_initializer.draw(model)
    return model


def check(
    name: str,
    encoder_widths: Sequence[int],
    decoder_widths: Sequence[int] | None,
    blocks: Blocks,
    *,
    n_head: int,
    attended: int,
    grouped: Sequence[int] = (),
    remat: bool,
) -> Sequence[int]:
    """Refuse options that do not fit each other.

    Args:
        name: Name of the model.
        encoder_widths: Channels of the encoder.
        decoder_widths: Channels of the decoder, or `None` for those of the encoder.
        blocks: The kind of convolution.
        n_head: Number of heads.
        attended: Channels of the map that the attention reads.
        grouped: Channels of the maps that the heads share among them.
        remat: Whether maps are to be computed twice.

    Returns:
        The channels of the decoder.

    Raises:
        ValueError: With the first fault.
    """
    decoder_widths = encoder_widths if decoder_widths is None else decoder_widths
    given = f"{list(encoder_widths)} and {list(decoder_widths)}"
    if len(encoder_widths) != len(decoder_widths) or not encoder_widths:
        raise ValueError(
            f"{name}: {len(encoder_widths)} encoder_widths but {len(decoder_widths)} "
            "decoder_widths. Give one width per size to each."
        )
    if encoder_widths[-1] != decoder_widths[-1]:
        raise ValueError(
            f"{name}: encoder_widths and decoder_widths end differently: {given}. The "
            "last width, at the coarsest size, is that of both."
        )
    if blocks.kernel != blocks.stride + 2 * blocks.padding:
        raise ValueError(
            f"{name}: str_conv_k {blocks.kernel}, str_conv_s {blocks.stride} and "
            f"str_conv_p {blocks.padding} do not come back to the same size. Choose "
            "str_conv_k = str_conv_s + 2 * str_conv_p."
        )
    for width in (attended, *grouped):
        if width % n_head:
            raise ValueError(
                f"{name}: n_head {n_head} cannot share {width} channels. Choose a "
                f"divisor of {width}, or other encoder_widths."
            )
    if blocks.norm == "group" and any(w % GROUPS for w in encoder_widths):
        raise ValueError(
            f"{name}: encoder_widths {list(encoder_widths)} with encoder_norm 'group', "
            f"which makes {GROUPS} groups. Give multiples of {GROUPS}."
        )
    if remat and blocks.norm == "batch":
        raise ValueError(
            f"{name}: remat with encoder_norm 'batch', whose running statistics would "
            "be counted twice. Choose encoder_norm 'group', or leave remat out."
        )
    return decoder_widths
