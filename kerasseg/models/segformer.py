"""SegFormer: a Mix Transformer, whose four maps a few projections turn into a map."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasseg import encoders
from kerasseg import weights as checkpoints
from kerasseg.encoders import mix_transformer
from kerasseg.encoders.choices import Mit
from kerasseg.layers.convolution import Convolution
from kerasseg.layers.mlp_fusion import MlpFusion
from kerasseg.layers.padding import CropLike, PadToMultiple
from kerasseg.layers.resize import ResizeLike


def build(  # noqa: PLR0913 (the signature is the recipe's schema)
    bands: int,
    num_classes: int,
    *,
    encoder: Mit = "mit_b0",
    weights: str | None = None,
    depths: Sequence[int] | None = None,
    widths: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    reductions: Sequence[int] = (8, 4, 2, 1),
    mlp_ratios: Sequence[float] = (4, 4, 4, 4),
    patch_sizes: Sequence[int] = (7, 3, 3, 3),
    strides: Sequence[int] = (4, 2, 2, 2),
    decoder_width: int | None = None,
    dropout: float = 0.1,
    drop_path: float = 0.1,
) -> keras.Model:
    """Build a SegFormer.

    It sees far from its first layer on and costs little; borders come at a quarter of
    the resolution, enlarged.

    Args:
        bands: Number of spectral bands, `C`.
        num_classes: Number of classes the model can answer.
        encoder: The Mix Transformer, `mit_b0` to `mit_b5`.
        weights: `"imagenet"` fetches NVIDIA's weights for the encoder, whose licence
            is for research and evaluation only; a path loads a local file or folder,
            of an encoder or a whole SegFormer (see `kerasseg.weights`). The first
            kernel is adapted to any number of bands.
        depths: Blocks of each stage, by default those of the encoder.
        widths: Channels of each stage, by default those of the encoder.
        heads: Heads of each stage, divisors of its channels, by default 1, 2, 5, 8.
        reductions: How many times smaller keys and values are than the map of their
            stage (`sr_ratios`).
        mlp_ratios: How many times wider a block is between its two projections.
        patch_sizes: Kernels of the convolutions that open the stages.
        strides: Their steps.
        decoder_width: Channels of the head, by default 256 after `mit_b0` and
            `mit_b1`, and 768 after the others, as published.
        dropout: Share of the head's channels left out in training.
        drop_path: Share of samples for which the last block is left out in training,
            fewer for those before.

    Returns:
        A model from `{"image": (B, H, W, C)}` to logits `(B, H, W, num_classes)`,
        float32. H and W may be any size, multiples of nothing. The layer
        `decode_head.classifier` answers what the published model does, at a quarter
        of the size.

    Raises:
        ValueError: If the options for the stages differ in number or do not fit.

    Source:
        Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation
        with Transformers", 2021, https://arxiv.org/abs/2105.15203, with the names of
        Hugging Face's `SegformerForSemanticSegmentation`. The defaults have 3,717,228
        parameters for three bands and twelve classes.
    """
    chosen = {"depths": depths, "widths": widths, "heads": heads}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    stages = {
        **encoders.mix_options(encoder),
        **chosen,
        "reductions": reductions,
        "mlp_ratios": mlp_ratios,
        "patch_sizes": patch_sizes,
        "strides": strides,
    }
    _check(stages)
    image = keras.Input((None, None, bands), name="image")
    least = mix_transformer.smallest(reductions, strides)
    grown = PadToMultiple(1, minimum=least)(image)
    maps = mix_transformer.pyramid(grown, **stages, drop_path=drop_path)
    width = decoder_width or (256 if encoder in ("mit_b0", "mit_b1") else 768)
    logits = ResizeLike(dtype="float32", name="logits")(
        _head(maps, num_classes, width, dropout), grown
    )
    model = keras.Model({"image": image}, CropLike()(logits, image), name="segformer")
    if weights:
        checkpoints.load(model, weights, encoder)
    return model


def _head(maps, num_classes, width, dropout):
    x = MlpFusion(width, name="decode_head")(maps)
    x = layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, name="decode_head.batch_norm"
    )(x)
    x = layers.Activation("relu", name="decode_head.activation")(x)
    if dropout:
        x = layers.Dropout(dropout, name="decode_head.dropout")(x)
    return Convolution(num_classes, 1, dtype="float32", name="decode_head.classifier")(
        x
    )


def _check(stages: dict[str, Sequence]) -> None:
    lengths = {name: len(values) for name, values in stages.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{number} {name}" for name, number in lengths.items())
        raise ValueError(f"segformer: {listed}. Give one of each per stage.")
    faults = [
        f"{name} {list(values)}"
        for name, values in stages.items()
        if not values or min(values) <= 0
    ]
    if faults:
        raise ValueError(
            f"segformer: {' and '.join(faults)}. Give numbers above 0 for each stage."
        )
    for width, heads in zip(stages["widths"], stages["heads"], strict=True):
        if width % heads:
            raise ValueError(
                f"segformer: {heads} heads cannot share {width} channels. Choose "
                "widths that are multiples of the heads."
            )
