"""The weights of a preset of KerasHub go into the layer that stands for it."""

import keras

from kerasseg.encoders import hub
from kerasseg.weights.assign import Loaded, adapt_bands, variables


def load(model: keras.Model, encoder: str) -> Loaded:
    """Fill the backbone of a model from its preset.

    Args:
        model: What `models.<name>.build` returns.
        encoder: `keras_hub:PRESET`.

    Raises:
        ValueError: If the preset cannot be read.
    """
    layer = model.get_layer(hub.layer_name(encoder))
    values = [keras.ops.convert_to_numpy(value) for value in hub.published(encoder)]
    for variable, value in zip(layer.weights, values, strict=True):
        shape = tuple(variable.shape)
        variable.assign(value if value.shape == shape else adapt_bands(value, shape))
    ours = {id(variable) for variable in layer.weights}
    named = variables(model)
    used = tuple(f"{layer.name}/{variable.path}" for variable in layer.weights)
    missing = tuple(
        name for name, variable in named.items() if id(variable) not in ours
    )
    return Loaded(used, (), missing)
