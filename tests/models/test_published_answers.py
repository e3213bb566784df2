"""With the weights of segmentation_models.pytorch, its answers, map by map."""

import keras
import numpy as np
import pytest

from kerasseg import weights
from kerasseg.models import fpn, unet

DEPTHS = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3)}
NARROW = [
    "smp_unet_resnet18_div16",
    "smp_unet_resnet50_div16",
    "smp_fpn_resnet18_div16",
    "smp_fpn_resnet50_div16",
]
FULL = [
    "smp_unet_resnet18_full",
    "smp_unet_resnet50_full",
    "smp_fpn_resnet18_full",
    "smp_fpn_resnet50_full",
]


def _build(published):
    options = published["kwargs"]
    common = {
        "bands": options["in_channels"],
        "num_classes": options["classes"],
        "encoder": options["encoder_name"],
        "encoder_width": 64 // options.get("width_div", 1),
        "layout": "smp",
    }
    if published["cls"] == "Unet":
        widths = options.get("decoder_channels", (256, 128, 64, 32, 16))
        return unet.build(**common, decoder_widths=widths)
    return fpn.build(
        **common,
        decoder_widths=(
            options.get("decoder_pyramid_channels", 256),
            options.get("decoder_segmentation_channels", 128),
        ),
        aggregation={"add": "sum", "cat": "concat"}[
            options.get("decoder_merge_policy", "add")
        ],
        dropout=0.2,
    )


def _layers(published):
    """Name the layer whose output is each published map."""
    depth = DEPTHS[published["kwargs"]["encoder_name"]]
    last = 2 if published["kwargs"]["encoder_name"] == "resnet18" else 3
    names = {"encoder:1": "relu"}
    for stage, count in enumerate(depth, 1):
        names[f"encoder:{stage + 1}"] = f"layer{stage}.{count - 1}.relu{last}"
    if published["cls"] == "Unet":
        for stage in range(5):
            names[f"decoder.blocks.{stage}"] = f"decoder.blocks.{stage}.conv2.2"
        return names
    names |= {f"decoder.p{level}": f"decoder.p{level}" for level in (5, 4, 3, 2)}
    for branch, end in enumerate(
        ("2.upsample", "1.upsample", "0.upsample", "0.block.2")
    ):
        name = f"decoder.seg_blocks.{branch}"
        names[name] = f"{name}.block.{end}"
    return names | {"segmentation_head.0": "segmentation_head.0"}


def _compare(fixture, tmp_path, **options):
    model = _build(fixture.meta["model"])
    source = fixture.weights(tmp_path)
    loaded = weights.load(
        model, source, fixture.meta["model"]["kwargs"]["encoder_name"]
    )
    assert (loaded.unused, loaded.missing) == ((), ())
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    assert trainable == fixture.meta["parameters"]["trainable"]

    layers = _layers(fixture.meta["model"])
    maps = {name: model.get_layer(layer).output for name, layer in layers.items()}
    probe = keras.Model(model.input, maps | {"logits": model.output})
    probe.compile(**options)
    for case, content in fixture.meta["cases"].items():
        found = probe.predict_on_batch({"image": fixture.image(case)})
        for name in ("logits", *content["features"]):
            if name != "encoder:0":  # the image itself
                fixture.check(case, name, found[name])


@pytest.mark.parametrize("name", NARROW)
def test_narrow_models_answer_as_published(name, golden, tmp_path):
    _compare(golden(name), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_full_models_answer_as_published(name, golden, tmp_path, briefly):
    _compare(golden(name), tmp_path, **briefly)
