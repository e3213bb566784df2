"""With the weights of transformers and ProyectoSatelites, their answers, map by map."""

import keras
import numpy as np
import pytest

from kerasseg import weights
from kerasseg.layers.resize import bilinear
from kerasseg.models import segformer, unet

HYBRIDS = {
    "catalonia_hybrid_segformer_unet_full": {
        "encoder": "mit_b0",
        "layout": "segformer_unet",
    },
    "catalonia_hybrid_resnet_segformer_full": {
        "encoder": ("resnet34", "mit_b0"),
        "layout": "segformer_resnet_unet",
    },
    "catalonia_unet_full": {"encoder": "resnet50", "layout": "without_skips"},
}
LAST = {
    "segformer_unet": "final_conv",
    "segformer_resnet_unet": "final_upsampling",
    "without_skips": "conv_out",
}
"""The layer before the logits get the size of the image."""


def _build_segformer(options):
    renamed = {
        "hidden_sizes": "widths",
        "num_attention_heads": "heads",
        "depths": "depths",
        "sr_ratios": "reductions",
        "mlp_ratios": "mlp_ratios",
        "decoder_hidden_size": "decoder_width",
    }
    return segformer.build(
        options.get("num_channels", 3),
        options["num_labels"],
        **{ours: options[name] for name, ours in renamed.items() if name in options},
    )


def _load(fixture, model, encoder, tmp_path):
    loaded = weights.load(model, fixture.weights(tmp_path), encoder)
    assert (loaded.unused, loaded.missing) == ((), ())
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_weights)
    assert trainable == fixture.meta["parameters"]["trainable"]


def _segformer_layer(name):
    """Name the layer whose output is a published map; `None` where it is not formed."""
    if name.startswith("hidden_state_"):
        return f"layer_norm.{name[-1]}"
    if "linear_c" in name:  # fused with what follows
        return None
    name = name.removeprefix("segformer.encoder.").removesuffix(":0")
    if name.startswith("patch_embeddings"):
        return f"{name}.layer_norm"
    ends = {"attention": f"{name}.output.dense", "linear_fuse": "decode_head"}
    return ends.get(name.rpartition(".")[2], name)


@pytest.mark.parametrize(
    "name",
    ["segformer_tiny", pytest.param("segformer_mit_b0_full", marks=pytest.mark.slow)],
)
def test_segformer_answers_as_published(name, golden, tmp_path, briefly):
    fixture = golden(name)
    model = _build_segformer(fixture.meta["model"]["kwargs"])
    _load(fixture, model, "mit_b0", tmp_path)
    published = [
        name
        for content in fixture.meta["cases"].values()
        for name in (*content["outputs"], *content["features"])
    ]
    layers = {name: _segformer_layer(name) for name in published}
    layers["logits"] = "decode_head.classifier"
    maps = {n: model.get_layer(layer).output for n, layer in layers.items() if layer}
    probe = keras.Model(model.input, maps)
    probe.compile(**(briefly if "full" in name else {}))
    for case, content in fixture.meta["cases"].items():
        found = probe.predict_on_batch({"image": fixture.image(case)})
        for name in (*content["outputs"], *content["features"]):
            if name in found:
                fixture.check(case, name, found[name])


def _hybrid_layer(name, layout):
    """Name the layer whose output is a published map."""
    fixed = {
        "encoder.4": "layer1.2.relu3",
        "encoder.7": "layer4.2.relu3",
        "decoder": "decoder.17",
        "conv_out": "conv_out",
    }
    if name in fixed or "fuse" in name:
        return fixed.get(name, name.removeprefix("encoder."))
    name = name.removeprefix("decoder.")
    ends_early = name == "decoder1" and layout == "segformer_unet"
    return f"{name}.block.{5 if ends_early else 6}"


@pytest.mark.slow
@pytest.mark.parametrize("name", HYBRIDS)
def test_models_of_catalonia_answer_as_published(name, golden, tmp_path, briefly):
    fixture, options = golden(name), HYBRIDS[name]
    model = unet.build(3, fixture.meta["model"]["kwargs"]["num_classes"], **options)
    _load(fixture, model, options["encoder"], tmp_path)
    features = fixture.meta["cases"]["b1_75x75"]["features"]
    layers = {name: _hybrid_layer(name, options["layout"]) for name in features}
    maps = {name: model.get_layer(layer).output for name, layer in layers.items()}
    last = model.get_layer(LAST[options["layout"]]).output
    probe = keras.Model(model.input, maps | {"last": last, "logits": model.output})
    probe.compile(**briefly)
    for case, content in fixture.meta["cases"].items():
        image = fixture.image(case)
        found = probe.predict_on_batch({"image": image})
        assert found["logits"].shape[:3] == image.shape[:3]
        # The published models answer at a size of their own, whatever the image's.
        size = content["outputs"]["logits"]["shape"][2:]
        align = options["layout"] == "without_skips"
        found["logits"] = bilinear(found["last"], *size, align_corners=align)
        for name in ("logits", *content["features"]):
            fixture.check(case, name, found[name])
