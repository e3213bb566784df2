"""The convolution of the decoders of segmentation_models."""

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution


def conv_block(x, width: int, name: str) -> keras.KerasTensor:
    """Apply a 3 x 3 convolution, batch normalisation and ReLU.

    Layers are called `<name>_conv`, `<name>_bn` and `<name>_relu`.
    """
    x = Convolution(
        width,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer="he_uniform",
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
