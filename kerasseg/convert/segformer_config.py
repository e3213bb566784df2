"""The `config.json` of a SegFormer of Hugging Face as our options, and back.

Dropout inside the blocks, which no published SegFormer has, and options of tasks other
than segmentation are not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kerasseg import legend as legends
from kerasseg.convert import data, names
from kerasseg.legend import Legend

_ARCHITECTURE = "SegformerForSemanticSegmentation"
_STAGES = {  # our names, theirs, and what they are where nothing is said
    "depths": ("depths", (2, 2, 2, 2)),
    "widths": ("hidden_sizes", (32, 64, 160, 256)),
    "heads": ("num_attention_heads", (1, 2, 5, 8)),
    "reductions": ("sr_ratios", (8, 4, 2, 1)),
    "mlp_ratios": ("mlp_ratios", (4, 4, 4, 4)),
    "patch_sizes": ("patch_sizes", (7, 3, 3, 3)),
    "strides": ("strides", (4, 2, 2, 2)),
}
_NUMBERS = {
    "decoder_width": ("decoder_hidden_size", 256),
    "dropout": ("classifier_dropout_prob", 0.1),
    "drop_path": ("drop_path_rate", 0.1),
}


@dataclass(frozen=True)
class Config:
    """What a `config.json` says of a model.

    Args:
        bands: Names of the bands.
        legend: The classes.
        options: Options of `models.segformer.build`.
    """

    bands: tuple[str, ...]
    legend: Legend
    options: dict[str, Any]


def parse(content: Mapping[str, Any], path: Path) -> Config:
    """Read a configuration.

    Args:
        content: What the file holds.
        path: The file, for messages.

    Raises:
        ValueError: If it is of another model, or has what ours has not.
    """
    _check_kind(content, path)
    options = {
        ours: tuple(_stages(content, theirs, default, path))
        for ours, (theirs, default) in _STAGES.items()
    }
    for ours, (theirs, default) in _NUMBERS.items():
        options[ours] = content.get(theirs, default)
        if type(options[ours]) not in (int, float) or options[ours] < 0:
            raise ValueError(
                f"{path}: {theirs} {options[ours]!r} is not a number of at least 0."
            )
    ours = content.get("kerasseg", {})
    number = content.get("num_channels", 3)
    if type(number) is not int or number < 1:
        raise ValueError(f"{path}: num_channels {number!r} is no whole number above 0.")
    rgb = ("red", "green", "blue")
    plain = rgb if number == 3 else tuple(f"band_{i + 1}" for i in range(number))
    return Config(
        tuple(ours.get("bands", plain)),
        legends.from_dict(ours["legend"], str(path))
        if "legend" in ours
        else data.named(_labels(content, path)),
        options,
    )


def describe(model: keras.Model, bands: tuple[str, ...], legend: Legend) -> dict:
    """Return the `config.json` of a model.

    Args:
        model: What `models.segformer.build` returns, or an artifact made of it.
        bands: Names of its bands.
        legend: Its classes.

    Raises:
        LookupError: If it is no SegFormer.
    """
    layers = {layer.name: layer for layer in names.layers(model)}
    if not {"decode_head", "patch_embeddings.0.proj"} <= layers.keys():
        raise LookupError("the model is no SegFormer")
    stages = [_stage(layers, number) for number in range(_count(layers))]
    described = {
        theirs: [stage[ours] for stage in stages]
        for ours, (theirs, _) in _STAGES.items()
    }
    dropout = layers.get("decode_head.dropout")
    paths = [layer.rate for name, layer in layers.items() if name.endswith("drop_path")]
    labels = {str(index): name for index, name in enumerate(legend.names)}
    return {
        "architectures": [_ARCHITECTURE],
        "model_type": "segformer",
        "num_channels": layers["patch_embeddings.0.proj"].kernel.shape[2],
        "num_encoder_blocks": len(stages),
        **described,
        "decoder_hidden_size": layers["decode_head"].width,
        "classifier_dropout_prob": dropout.rate if dropout else 0.0,
        "drop_path_rate": max(paths, default=0.0),
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-6,
        "semantic_loss_ignore_index": legends.IGNORE,
        "id2label": labels,
        "label2id": {name: int(index) for index, name in labels.items()},
        "torch_dtype": "float32",
        "kerasseg": {"bands": list(bands), "legend": legend.to_dict()},
    }


def _check_kind(content: Mapping[str, Any], path: Path) -> None:
    kind = content.get("model_type")
    if kind != "segformer":
        raise ValueError(
            f"{path}: describes a model of the type {kind!r}, not 'segformer'. Give "
            "the folder of a SegFormer."
        )
    found = content.get("architectures") or [_ARCHITECTURE]
    if _ARCHITECTURE not in found:
        raise ValueError(
            f"{path}: describes {found[0]}, an encoder without the head that draws "
            "maps. Give its folder as `weights` of a model in a recipe."
        )
    if content.get("hidden_act", "gelu") != "gelu":
        raise ValueError(
            f"{path}: hidden_act {content['hidden_act']!r}, which kerasseg's SegFormer "
            "does not have. Give one with 'gelu'."
        )


def _stages(content: Mapping, name: str, default: tuple, path: Path) -> list:
    value = content.get(name, default)
    number = content.get("num_encoder_blocks", 4)
    numbers = isinstance(value, list | tuple) and all(
        type(item) in (int, float) and item > 0 for item in value
    )
    if not numbers or len(value) != number:
        raise ValueError(
            f"{path}: {name} {value!r}. A SegFormer of {number} stages has one number "
            "above 0 for each."
        )
    return list(value)


def _labels(content: Mapping, path: Path) -> list[str]:
    """Return the names of the classes; equal ones get their number behind."""
    number = content.get("num_labels", 2)
    found = content.get("id2label") or {str(i): f"class_{i}" for i in range(number)}
    try:
        labels = {int(index): str(name) for index, name in found.items()}
    except (AttributeError, ValueError):
        labels = {}
    if not labels or sorted(labels) != list(range(len(labels))):
        raise ValueError(
            f"{path}: id2label {str(found)[:60]} does not name the classes 0, 1, 2, … "
            "one after another."
        )
    listed = [labels[index] for index in range(len(labels))]
    return [
        f"{name} {index}" if listed.count(name) > 1 else name
        for index, name in enumerate(listed)
    ]


def _count(layers: Mapping[str, keras.layers.Layer]) -> int:
    return sum(name.startswith("layer_norm.") for name in layers)


def _stage(layers: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Read the options of one stage off its layers."""
    open_ = layers[f"patch_embeddings.{number}.proj"]
    block = f"block.{number}.0"
    reduce = layers.get(f"{block}.attention.self.sr")
    ratio = layers[f"{block}.mlp.dense1"].units / open_.filters
    return {
        "depths": sum(
            name.startswith(f"block.{number}.") and name.endswith("mlp.dense1")
            for name in layers
        ),
        "widths": open_.filters,
        "heads": layers[f"{block}.attention.self"].heads,
        "reductions": reduce.strides[0] if reduce else 1,
        "mlp_ratios": int(ratio) if ratio == int(ratio) else ratio,
        "patch_sizes": open_.kernel_size[0],
        "strides": open_.strides[0],
    }
