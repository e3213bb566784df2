"""Encoders: an image becomes maps at strides 2, 4, 8, 16 and 32.

`pyramid("resnet18", image)` is all a model needs to know of them.
"""

from difflib import get_close_matches

import keras

from kerasseg.encoders import preact_resnet, resnet
from kerasseg.encoders.published import IMAGENET

_BASIC = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}
_BOTTLENECK = {"50": (3, 4, 6, 3)}
_FAMILIES = {"preact_resnet": preact_resnet, "resnet": resnet}


def names() -> tuple[str, ...]:
    """Return the names `pyramid` knows."""
    return tuple(
        family + depth for family in _FAMILIES for depth in (_BASIC | _BOTTLENECK)
    )


def pyramid(
    name: str, image: keras.KerasTensor, *, width: int = 64
) -> list[keras.KerasTensor]:
    """Turn an image into maps at strides 2, 4, 8, 16 and 32.

    Args:
        name: One of `names()`.
        image: `(B, H, W, C)`, H and W multiples of 32.
        width: Channels of the first convolution. The published encoders have 64;
            fewer make a smaller, faster encoder that no published weights fit.

    Raises:
        LookupError: If there is no such encoder.
    """
    family, depth = _split(name)
    return _FAMILIES[family].pyramid(
        image,
        blocks=(_BASIC | _BOTTLENECK)[depth],
        bottleneck=depth in _BOTTLENECK,
        width=width,
    )


def band_layers(name: str) -> tuple[str, ...]:
    """Return the layers whose weights have one slice per band."""
    return _FAMILIES[_split(name)[0]].BAND_LAYERS


def owns(name: str, layer: str) -> bool:
    """Tell whether a layer with weights belongs to the encoder of a model."""
    return _FAMILIES[_split(name)[0]].LAYERS.fullmatch(layer) is not None


def input_statistics(name: str) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return mean and std to normalise 8-bit RGB with, for published weights.

    `(rgb - mean) / std` is what the ImageNet weights of this encoder were trained
    on. For other bands or units see `match_statistics`. `None` if the encoder has no
    published weights: then any normalisation will do.
    """
    _split(name)
    published = IMAGENET.get(name)
    return published and (published.mean, published.std)


def match_statistics(
    name: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and std that make any bands look like ImageNet to an encoder.

    Reflectances, more than three bands, 16 bits: after `(image - mean) / std` with
    the answer, each band has the mean and the spread that the published weights are
    used to. Bands beyond the third take turns as red, green and blue, as the kernel
    does when it is adapted to them.

    Args:
        name: The encoder.
        mean: Mean of each band of the training data, in stored units.
        std: Standard deviation of each band.
    """
    statistics = input_statistics(name)
    if statistics is None:
        return tuple(mean), tuple(std)
    pairs = []
    for band, (center, spread) in enumerate(zip(mean, std, strict=True)):
        offset, scale = (values[band % 3] for values in statistics)
        rgb_mean, rgb_std = (values[band % 3] for values in _RGB)
        ratio = spread * scale / rgb_std
        pairs.append((center - ratio * (rgb_mean - offset) / scale, ratio))
    means, stds = zip(*pairs, strict=True)
    return means, stds


_RGB = IMAGENET["resnet18"].mean, IMAGENET["resnet18"].std


def _split(name: str) -> tuple[str, str]:
    if name in names():
        return name[:-2], name[-2:]
    close = get_close_matches(name, names(), n=1)
    cure = f"Did you mean {close[0]!r}?" if close else f"Choose from: {names()}."
    raise LookupError(f"no encoder {name!r}. {cure}")
