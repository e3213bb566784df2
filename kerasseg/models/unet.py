"""U-Net: climbs back from coarse to fine and joins the encoder's map at each size."""

from collections.abc import Sequence
from typing import Literal

import keras

from kerasseg import encoders
from kerasseg import weights as checkpoints
from kerasseg.decoders import segformer_unet, sm_unet, smp_unet, without_skips
from kerasseg.encoders.choices import Encoder, HubPreset
from kerasseg.layers.padding import CropLike, PadToMultiple

_WIDTHS = {
    "sm": sm_unet.WIDTHS,
    "smp": sm_unet.WIDTHS,
    "segformer_unet": segformer_unet.WIDTHS,
    "segformer_resnet_unet": segformer_unet.RESNET_WIDTHS,
    "without_skips": without_skips.WIDTHS,
}
"""What `decoder_widths` is by default."""


def build(
    bands: int,
    num_classes: int,
    *,
    encoder: Encoder | HubPreset | Sequence[Encoder | HubPreset] = "preact_resnet18",
    weights: str | Sequence[str | None] | None = None,
    layout: Literal[
        "sm", "smp", "segformer_unet", "segformer_resnet_unet", "without_skips"
    ] = "sm",
    encoder_width: int = 64,
    decoder_widths: Sequence[int] | None = None,
    upsampling: Literal["nearest", "transpose"] = "nearest",
) -> keras.Model:
    """Build a U-Net on a ResNet, a Mix Transformer, or several encoders at once.

    The work-horse of the field: precise at borders, cheap to train.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder: What reads the image. `preact_` encoders are those of
            segmentation_models, the other ResNets those of torchvision, `mit_` ones
            those of SegFormer; `keras_hub:PRESET` is a backbone of KerasHub. A list
            reads the image with each and fuses their maps size by size.
        weights: `"imagenet"` fetches published weights for the encoder; a path
            loads a local file or folder (see `kerasseg.weights`). For a list of
            encoders also a list with one for each. The first kernel is adapted to any
            number of bands.
        layout: Whose details and layer names the decoder has. `"sm"`,
            segmentation_models (Keras), and `"smp"`, segmentation_models.pytorch,
            normalise with different constants and are otherwise the same. The others
            are those of ProyectoSatelites: `"segformer_unet"` climbs bilinearly to
            stride 4, `"segformer_resnet_unet"` to stride 2, and `"without_skips"`
            joins no maps of the encoder and learns the enlargement.
        encoder_width: Channels of a ResNet's first convolution; a Mix Transformer is
            made narrower in the same proportion. Published weights need 64.
        decoder_widths: Channels of the stages of the decoder, coarsest first; by
            default (256, 128, 64, 32, 16) for `sm` and `smp`, (160, 64, 32, 32) for
            `segformer_unet`, (256, 256, 128, 64) for `segformer_resnet_unet` and
            (1024, 512, 256, 128, 64, 32) for `without_skips`.
        upsampling: `"nearest"` repeats pixels; `"transpose"` learns the enlargement
            (`sm` only).

    Returns:
        A model from `{"image": (B, H, W, C)}` to logits `(B, H, W, num_classes)`,
        float32. H and W may be any size. For `sm` and `smp` the image is grown to a
        multiple of 32 by repeating its last row and column, and the logits are cut
        back; the other layouts resize their maps.

    Raises:
        ValueError: If the number of `decoder_widths` is wrong, options do not go
            together, or two encoders are of one family.
        LookupError: If there is no such encoder.

    Source:
        Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", 2015, https://arxiv.org/abs/1505.04597. The defaults are those
        of segmentation_models 1.0.1 with a ResNet18: 14,341,150 parameters for three
        bands and five classes. The layouts of ProyectoSatelites have, for three bands
        and twelve classes, 4,215,468 with `mit_b0`, 29,416,684 with `[resnet34,
        mit_b0]` and 34,696,556 with `resnet50`, in the order above.
    """
    widths = _check(layout, decoder_widths, upsampling)
    image = keras.Input((None, None, bands), name="image")
    halves = layout in ("sm", "smp")  # sizes must halve and double five times
    pad = PadToMultiple(32) if halves else PadToMultiple(1, encoders.smallest(encoder))
    grown = pad(image)
    maps = encoders.pyramid(encoder, grown, width=encoder_width)
    if layout == "sm":
        logits = sm_unet.decode(maps, num_classes, widths=widths, upsampling=upsampling)
    elif layout == "smp":
        logits = smp_unet.decode(maps, num_classes, widths=widths)
    elif layout == "without_skips":
        logits = without_skips.decode(maps, num_classes, grown, widths=widths)
    else:
        logits = segformer_unet.decode(
            maps,
            num_classes,
            grown,
            widths=widths,
            last_doubling=layout == "segformer_resnet_unet",
        )
    model = keras.Model({"image": image}, CropLike()(logits, image), name="unet")
    if weights:
        checkpoints.load(model, weights, encoder)
    return model


def _check(
    layout: str, decoder_widths: Sequence[int] | None, upsampling: str
) -> Sequence[int]:
    if layout not in _WIDTHS:
        *most, last = (repr(name) for name in _WIDTHS)
        raise ValueError(
            f"unet: layout {layout!r}. Choose {', '.join(most)} or {last}."
        )
    if upsampling not in ("nearest", "transpose"):
        raise ValueError(
            f"unet: upsampling {upsampling!r}. Choose 'nearest' or 'transpose'."
        )
    if layout != "sm" and upsampling != "nearest":
        raise ValueError(
            f"unet: upsampling {upsampling!r} with layout {layout!r}, which has its "
            "own. Use layout 'sm', or upsampling 'nearest'."
        )
    widths = _WIDTHS[layout] if decoder_widths is None else decoder_widths
    number = len(_WIDTHS[layout])
    if not widths or (len(widths) != number and layout != "without_skips"):
        raise ValueError(
            f"unet: {len(widths)} decoder_widths for layout {layout!r}. Give "
            f"{_NUMBERS[number]}, coarsest first."
        )
    return widths


_NUMBERS = {4: "four", 5: "five", 6: "one or more"}
