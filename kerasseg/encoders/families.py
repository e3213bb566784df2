"""What each encoder is called, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any, get_args

import keras

from kerasseg.encoders import hub, mix_transformer, preact_resnet, resnet
from kerasseg.encoders.choices import Encoder

_BASIC, _BOTTLENECK = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}, {"50": (3, 4, 6, 3)}
_RESNETS = {"preact_resnet": preact_resnet, "resnet": resnet}
_MIX = {  # depths of the stages, channels per head
    "mit_b0": ((2, 2, 2, 2), 32),
    "mit_b1": ((2, 2, 2, 2), 64),
    "mit_b2": ((3, 4, 6, 3), 64),
    "mit_b3": ((3, 4, 18, 3), 64),
    "mit_b4": ((3, 8, 27, 3), 64),
    "mit_b5": ((3, 6, 40, 3), 64),
}
_HEADS = (1, 2, 5, 8)
PUBLISHED_WIDTH = 64
"""The `width` that gives every encoder its published size."""


@dataclass(frozen=True)
class Family:
    """An encoder by name.

    Args:
        name: The name.
        module: Where its layers are: `LAYERS`, `BAND_LAYERS`.
        maps: From an image and a width to maps at strides 2, 4, 8, 16 and 32, `None`
            where it has none.
        smallest: Pixels that an image needs along each side.
    """

    name: str
    module: ModuleType
    maps: Callable[[keras.KerasTensor, int], list]
    smallest: int = 1


def names() -> tuple[str, ...]:
    """Return the names of all encoders of kerasseg's own."""
    return get_args(Encoder)


def find(name: str) -> Family:
    """Return an encoder by name.

    Raises:
        LookupError: If there is no such encoder.
    """
    if str(name).startswith(hub.PREFIX):
        return Family(name, hub, lambda image, width: hub.pyramid(image, name))
    if name in _MIX:
        return Family(name, mix_transformer, _mix(name), mix_transformer.smallest())
    if name in names():
        module = _RESNETS[name[:-2]]
        return Family(name, module, _resnet(module, name[-2:]))
    close = get_close_matches(str(name), names(), n=1)
    cure = f"Did you mean {close[0]!r}?" if close else f"Choose from: {names()}."
    raise LookupError(f"no encoder {name!r}. {cure}")


def mix_options(name: str, width: int = PUBLISHED_WIDTH) -> dict[str, Any]:
    """Return depths, widths and heads of a Mix Transformer.

    Raises:
        ValueError: If the width leaves a head without a whole number of channels.
    """
    depths, per_head = _MIX[name]
    channels, rest = divmod(per_head * width, PUBLISHED_WIDTH)
    if rest or not channels:
        least = PUBLISHED_WIDTH // per_head
        raise ValueError(
            f"{name}: encoder_width {width} gives its heads {per_head * width} / "
            f"{PUBLISHED_WIDTH} channels. Give a multiple of {least}."
        )
    return {
        "depths": depths,
        "widths": tuple(channels * heads for heads in _HEADS),
        "heads": _HEADS,
    }


def _mix(name: str) -> Callable:
    def maps(image, width):
        # Patches of 7 pixels at every fourth: there is no map at stride 2.
        return [None, *mix_transformer.pyramid(image, **mix_options(name, width))]

    return maps


def _resnet(module: ModuleType, depth: str) -> Callable:
    def maps(image, width):
        return module.pyramid(
            image,
            blocks=(_BASIC | _BOTTLENECK)[depth],
            bottleneck=depth in _BOTTLENECK,
            width=width,
        )

    return maps
