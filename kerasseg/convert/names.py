"""What each variable of a model is called in the published code.

Layers bear the paths of the published modules (`down_blocks.0.down.conv.1`), and
variables the names of Keras (`gamma`), so one rule names every tensor. A layer that
holds several modules calls its variables by the path below it: `mlp.0.kernel` of
`temporal_encoder` is `temporal_encoder.mlp.0.weight`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras

from kerasseg.weights.torch_layout import NORM_NAMES

_LEAVES = {name: leaf for leaf, name in NORM_NAMES.items()} | {"kernel": "weight"}
_NUMBERED = re.compile(r"\bmlp\.(\d+)\b")


@dataclass(frozen=True)
class Place:
    """Where one published tensor goes.

    Args:
        key: Its name in the published state dict.
        layer: The layer that owns the variable.
        variable: The variable of the model.
    """

    key: str
    layer: keras.layers.Layer
    variable: keras.Variable


def places(model: keras.Model) -> dict[str, Place]:
    """Find the place of every tensor of a model, by its name in PyTorch.

    Layers of models inside the model are named as if they stood alone, so that a model
    and the artifact assembled from it have the same names.

    Raises:
        ValueError: If two variables have the same name.
    """
    found: dict[str, Place] = {}
    for layer in layers(model):
        for variable in layer.weights:
            place = Place(_key(layer, variable), layer, variable)
            other = found.setdefault(place.key, place)
            if other.variable is not variable:
                raise ValueError(
                    f"{model.name}: {variable.path} and {other.variable.path} are both "
                    f"called {place.key}. Give each layer a name of its own."
                )
    return found


def layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Go through the layers of a model, and through those of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer)
        else:
            yield layer


def common(key: str, *, crop2seg: bool) -> str:
    """Name a tensor of either family of published code as utae-paps names it.

    Crop2Seg calls the attention `attention_head` and has six modules for each layer of
    the `mlp` where utae-paps has three: its batch normalisation is number 2, not 1.

    Args:
        key: The name of a tensor.
        crop2seg: Whether the name is of Crop2Seg.
    """
    key = key.removeprefix("module.")
    if not crop2seg:
        return key
    key = key.replace("attention_head.", "attention_heads.")
    return _NUMBERED.sub(lambda found: f"mlp.{_from_crop2seg(int(found[1]))}", key)


def spelled(key: str, *, crop2seg: bool) -> str:
    """Name a tensor of utae-paps as one of the families does; see `common`."""
    if not crop2seg:
        return key
    key = key.replace("attention_heads.", "attention_head.")
    return _NUMBERED.sub(lambda found: f"mlp.{_to_crop2seg(int(found[1]))}", key)


def is_crop2seg(keys: Iterable[str]) -> bool:
    """Tell by its names whether a state dict is of Crop2Seg."""
    return any("attention_head." in key for key in keys)


def _from_crop2seg(number: int) -> int:
    layer, module = divmod(number, 6)
    return 3 * layer + module // 2


def _to_crop2seg(number: int) -> int:
    layer, module = divmod(number, 3)
    return 6 * layer + 2 * module


def _key(layer: keras.layers.Layer, variable: keras.Variable) -> str:
    # A layer inside the layer stands between the two names in the variable's path.
    _, _, inner = f"/{variable.path}".rpartition(f"/{layer.name}/")
    inner = (inner or variable.name).replace("/", ".")
    module, _, leaf = f"{layer.name}.{inner}".rpartition(".")
    return f"{module}.{_LEAVES.get(leaf, leaf)}"
