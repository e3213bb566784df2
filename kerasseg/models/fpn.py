"""FPN: carries coarse maps down to the fine ones and segments from all of them."""

from collections.abc import Sequence
from typing import Literal

import keras

from kerasseg import encoders
from kerasseg import weights as checkpoints
from kerasseg.decoders import sm_fpn, smp_fpn
from kerasseg.encoders.choices import Encoder, HubPreset
from kerasseg.layers.padding import CropLike, PadToMultiple


def build(  # noqa: PLR0913 (the signature is the recipe's schema)
    bands: int,
    num_classes: int,
    *,
    encoder: Encoder | HubPreset | Sequence[Encoder | HubPreset] = "preact_resnet18",
    weights: str | Sequence[str | None] | None = None,
    layout: Literal["sm", "smp"] = "sm",
    encoder_width: int = 64,
    decoder_widths: Sequence[int] = (256, 128),
    aggregation: Literal["concat", "sum"] = "concat",
    dropout: float = 0.0,
) -> keras.Model:
    """Build a feature pyramid network on one encoder or several.

    Its pyramid sees every scale at once, which helps where fields, roads and single
    houses share a map.

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
            segmentation_models (Keras): pyramid at strides 16 to 2, batch
            normalisation. `"smp"`, segmentation_models.pytorch: pyramid at strides 32
            to 4, group normalisation, a quarter of the work; its own defaults are
            `aggregation="sum"` and `dropout=0.2`.
        encoder_width: Channels of a ResNet's first convolution; a Mix Transformer is
            made narrower in the same proportion. Published weights need 64.
        decoder_widths: Channels of the pyramid, and of the branches that segment
            (with `smp` a multiple of 32).
        aggregation: How the branches join.
        dropout: Share of the joined channels left out in training.

    Returns:
        A model from `{"image": (B, H, W, C)}` to logits `(B, H, W, num_classes)`,
        float32. H and W may be any size: the image is grown to a multiple of 32 by
        repeating its last row and column, and the logits are cut back.

    Raises:
        ValueError: If there are not two `decoder_widths`, or they do not fit, or two
            encoders are of one family.
        LookupError: If there is no such encoder.

    Source:
        Lin et al., "Feature Pyramid Networks for Object Detection", 2017,
        https://arxiv.org/abs/1612.03144. The defaults are those of
        segmentation_models 1.0.1 with a ResNet18: 13,819,982 parameters for three
        bands and five classes.
    """
    _check(layout, decoder_widths, aggregation)
    image = keras.Input((None, None, bands), name="image")
    maps = encoders.pyramid(encoder, PadToMultiple(32)(image), width=encoder_width)
    decode = {"sm": sm_fpn.decode, "smp": smp_fpn.decode}[layout]
    logits = decode(
        maps,
        num_classes,
        widths=decoder_widths,
        aggregation=aggregation,
        dropout=dropout,
    )
    model = keras.Model({"image": image}, CropLike()(logits, image), name="fpn")
    if weights:
        checkpoints.load(model, weights, encoder)
    return model


def _check(layout: str, decoder_widths: Sequence[int], aggregation: str) -> None:
    if layout not in ("sm", "smp"):
        raise ValueError(f"fpn: layout {layout!r}. Choose 'sm' or 'smp'.")
    if aggregation not in ("concat", "sum"):
        raise ValueError(f"fpn: aggregation {aggregation!r}. Choose 'concat' or 'sum'.")
    if len(decoder_widths) != 2:
        raise ValueError(
            f"fpn: {len(decoder_widths)} decoder_widths. "
            "Give two: of the pyramid, and of the branches that segment."
        )
