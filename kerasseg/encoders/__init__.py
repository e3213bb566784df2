"""Encoders: an image becomes maps at strides 2, 4, 8, 16 and 32.

`pyramid("resnet18", image)` is all a model needs to know of them. A list of encoders
gives one pyramid, with their maps fused size by size.
"""

from collections.abc import Sequence

import keras

from kerasseg.encoders import hub
from kerasseg.encoders.families import PUBLISHED_WIDTH, find, mix_options, names
from kerasseg.encoders.fusion import fuse
from kerasseg.encoders.published import IMAGENET

__all__ = [
    "band_layers",
    "input_statistics",
    "listed",
    "match_statistics",
    "mix_options",
    "names",
    "owns",
    "pyramid",
    "smallest",
]

Names = str | Sequence[str]


def pyramid(
    name: Names, image: keras.KerasTensor, *, width: int = PUBLISHED_WIDTH
) -> list[keras.KerasTensor | None]:
    """Turn an image into maps at strides 2, 4, 8, 16 and 32.

    Args:
        name: One of `names()`, `keras_hub:PRESET`, or several, of different families:
            then the maps of each size are joined and mixed down to the channels of
            the first.
        image: `(B, H, W, C)`. A map has `ceil(size / stride)` pixels.
        width: Channels of a ResNet's first convolution. The published encoders have
            64; fewer make all layers of any encoder narrower in proportion, and no
            published weights fit.

    Returns:
        Five maps. The first is `None` for a Mix Transformer, which begins at stride 4:
        a decoder does without it, or gets that of the other encoder.

    Raises:
        LookupError: If there is no such encoder.
        ValueError: If two are of one family, whose layers have the same names, or the
            width does not fit.
    """
    families = [find(each) for each in listed(name)]
    modules = [family.module for family in families]
    if len(set(modules)) < len(modules):
        raise ValueError(
            f"encoder {list(listed(name))}: two are of one family, and their layers "
            "would have the same names. Choose encoders of different families."
        )
    pyramids = [family.maps(image, width) for family in families]
    return pyramids[0] if len(pyramids) == 1 else fuse(pyramids)


def listed(name: Names) -> tuple[str, ...]:
    """Return encoders as a tuple of names, one or several.

    Raises:
        ValueError: If there is none.
    """
    found = (name,) if isinstance(name, str) else tuple(name)
    if not found:
        raise ValueError("encoder []: none is named. Give one name or several.")
    return found


def smallest(name: Names) -> int:
    """Return how many pixels an image needs along each side."""
    return max(find(each).smallest for each in listed(name))


def band_layers(name: Names) -> tuple[str, ...]:
    """Return the layers whose weights have one slice per band."""
    return tuple(
        layer for each in listed(name) for layer in find(each).module.BAND_LAYERS
    )


def owns(name: Names, layer: str) -> bool:
    """Tell whether a layer with weights belongs to the encoder of a model."""
    return any(find(each).module.LAYERS.fullmatch(layer) for each in listed(name))


Statistics = tuple[tuple[float, ...], tuple[float, ...]]


def input_statistics(name: Names) -> Statistics | None:
    """Return mean and std to normalise 8-bit RGB with, for published weights.

    `(rgb - mean) / std` is what the ImageNet weights of this encoder were trained
    on. For other bands or units see `match_statistics`. `None` if the encoder has no
    published weights: then any normalisation will do.

    Raises:
        ValueError: If several encoders were trained on different ones.
    """
    found = {_statistics(each) for each in listed(name)} - {None}
    if len(found) > 1:
        raise ValueError(
            f"encoder {list(listed(name))}: their published weights expect differently "
            "normalised images. Use normalization 'standard'."
        )
    return found.pop() if found else None


def _statistics(name: str) -> Statistics | None:
    if name.startswith(hub.PREFIX):
        return hub.statistics(name)
    published = IMAGENET[find(name).name]
    return published.mean, published.std


def match_statistics(
    name: Names, mean: tuple[float, ...], std: tuple[float, ...]
) -> Statistics:
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
