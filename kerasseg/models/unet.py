"""U-Net: climbs back from coarse to fine and joins the encoder's map at each size."""

from collections.abc import Sequence
from typing import Literal

import keras

from kerasseg import encoders
from kerasseg import weights as checkpoints
from kerasseg.decoders import sm_unet, smp_unet
from kerasseg.layers.padding import CropLike, PadToMultiple


def build(
    bands: int,
    num_classes: int,
    *,
    encoder: Literal[
        "preact_resnet18",
        "preact_resnet34",
        "preact_resnet50",
        "resnet18",
        "resnet34",
        "resnet50",
    ] = "preact_resnet18",
    weights: str | None = None,
    layout: Literal["sm", "smp"] = "sm",
    encoder_width: int = 64,
    decoder_widths: Sequence[int] = (256, 128, 64, 32, 16),
    upsampling: Literal["nearest", "transpose"] = "nearest",
) -> keras.Model:
    """Build a U-Net on a ResNet.

    The work-horse of the field: precise at borders, cheap to train.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder: What reads the image. `preact_` encoders are those of
            segmentation_models, the others those of torchvision.
        weights: `"imagenet"` fetches published weights for the encoder; a path
            loads a local file (see `kerasseg.weights`). The first kernel is adapted
            to any number of bands.
        layout: Whose details and layer names the decoder has: `"sm"`,
            segmentation_models (Keras), or `"smp"`, segmentation_models.pytorch. The
            two normalise with different constants and are otherwise the same.
        encoder_width: Channels of the encoder's first convolution. Published weights
            need 64.
        decoder_widths: Channels of the five stages of the decoder, coarsest first.
        upsampling: `"nearest"` repeats pixels; `"transpose"` learns the enlargement
            (`sm` only).

    Returns:
        A model from `{"image": (B, H, W, C)}` to logits `(B, H, W, num_classes)`,
        float32. H and W may be any size: the image is grown to a multiple of 32 by
        repeating its last row and column, and the logits are cut back.

    Raises:
        ValueError: If there are not five `decoder_widths`, or `smp` is to learn its
            upsampling.
        LookupError: If there is no such encoder.

    Source:
        Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", 2015, https://arxiv.org/abs/1505.04597. The defaults are those
        of segmentation_models 1.0.1 with a ResNet18: 14,341,150 parameters for three
        bands and five classes.
    """
    _check(layout, decoder_widths, upsampling)
    image = keras.Input((None, None, bands), name="image")
    maps = encoders.pyramid(encoder, PadToMultiple(32)(image), width=encoder_width)
    if layout == "sm":
        logits = sm_unet.decode(
            maps, num_classes, widths=decoder_widths, upsampling=upsampling
        )
    else:
        logits = smp_unet.decode(maps, num_classes, widths=decoder_widths)
    model = keras.Model({"image": image}, CropLike()(logits, image), name="unet")
    if weights:
        checkpoints.load(model, weights, encoder)
    return model


def _check(layout: str, decoder_widths: Sequence[int], upsampling: str) -> None:
    if layout not in ("sm", "smp"):
        raise ValueError(f"unet: layout {layout!r}. Choose 'sm' or 'smp'.")
    if upsampling not in ("nearest", "transpose"):
        raise ValueError(
            f"unet: upsampling {upsampling!r}. Choose 'nearest' or 'transpose'."
        )
    if layout == "smp" and upsampling != "nearest":
        raise ValueError(
            f"unet: upsampling {upsampling!r} with layout 'smp', which repeats pixels. "
            "Use layout 'sm', or upsampling 'nearest'."
        )
    if len(decoder_widths) != 5:
        raise ValueError(
            f"unet: {len(decoder_widths)} decoder_widths. Give five, coarsest first."
        )
