"""Squeeze and excitation: channels weigh each other."""

import keras
from keras import layers


def squeeze_excite(x, name: str, *, ratio: int = 16) -> keras.KerasTensor:
    """Weigh each channel by what the mean of all channels of the map says.

    Layers are called `<name>.sae.1`, `<name>.sae.3` and `<name>.scaled`.

    Args:
        x: `(N, H, W, C)`.
        name: Prefix of the names of the layers.
        ratio: How much narrower the middle is; it has one channel at least.

    Returns:
        `(N, H, W, C)`.

    Source:
        Hu et al., "Squeeze-and-Excitation Networks", 2018,
        https://arxiv.org/abs/1709.01507; without biases, as in Crop2Seg.
    """
    channels = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}.sae.0")(x)
    weights = layers.Dense(
        max(channels // ratio, 1), "relu", use_bias=False, name=f"{name}.sae.1"
    )(weights)
    weights = layers.Dense(channels, "sigmoid", use_bias=False, name=f"{name}.sae.3")(
        weights
    )  # (N, 1, 1, C)
    return layers.Multiply(name=f"{name}.scaled")([x, weights])
