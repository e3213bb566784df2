"""ResNet with the activation before the convolution, as segmentation_models uses it."""

import re

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.pooling import MaxPooling

LAYERS = re.compile(r"bn_data|conv0|bn0|stage\d+_unit\d+_\w+|bn1")
"""The names of the layers with weights."""

BAND_LAYERS = ("bn_data", "conv0")
"""The layers whose weights have one slice per band."""

_NORM = {"momentum": 0.99, "epsilon": 2e-5}


def pyramid(
    image, *, blocks: tuple[int, ...], bottleneck: bool, width: int = 64
) -> list[keras.KerasTensor]:
    """Turn an image into maps at strides 2, 4, 8, 16 and 32.

    Names and order of the weights are those of the published ImageNet files, which
    therefore load by name. Those were trained on RGB from 0 to 255 as it is: the
    first layer, `bn_data`, normalises the bands.

    Args:
        image: `(B, H, W, C)`, H and W multiples of 32.
        blocks: Number of units of each of the four stages.
        bottleneck: Units of three convolutions with four times the channels at
            their ends, instead of units of two.
        width: Channels of the first convolution; the stages have 1, 2, 4 and 8
            times as many (times 4 with `bottleneck`).

    Source:
        He et al., "Identity Mappings in Deep Residual Networks", 2016,
        https://arxiv.org/abs/1603.05027. The layout is that of classification_models
        (MIT), https://github.com/qubvel/classification_models; maps are taken where
        segmentation_models 1.0.1 takes them: after the first activation of the
        stages 2 to 4. Padding and addition have names here, and a convolution of
        stride 1 pads by itself.
    """
    x = layers.BatchNormalization(scale=False, name="bn_data", **_NORM)(image)
    x = _activate(_conv(x, width, 7, 2, "conv0"), "bn0", "relu0")
    maps = [x]
    x = layers.ZeroPadding2D(1, name="pooling0_pad")(x)
    x = MaxPooling(3, 2, name="pooling0")(x)
    unit = _bottleneck_unit if bottleneck else _basic_unit
    for stage, count in enumerate(blocks):
        for index in range(count):
            name = f"stage{stage + 1}_unit{index + 1}"
            stride = 2 if stage > 0 and index == 0 else 1
            activated, x = unit(x, width * 2**stage, stride, index == 0, name)
            if stride == 2:
                maps.append(activated)
    return [*maps, _activate(x, "bn1", "relu1")]


def _basic_unit(x, width, stride, first, name):
    activated = _activate(x, f"{name}_bn1", f"{name}_relu1")
    shortcut = _conv(activated, width, 1, stride, f"{name}_sc") if first else x
    x = _conv(activated, width, 3, stride, f"{name}_conv1")
    x = _conv(
        _activate(x, f"{name}_bn2", f"{name}_relu2"), width, 3, 1, f"{name}_conv2"
    )
    return activated, layers.Add(name=f"{name}_add")([x, shortcut])


def _bottleneck_unit(x, width, stride, first, name):
    activated = _activate(x, f"{name}_bn1", f"{name}_relu1")
    shortcut = _conv(activated, 4 * width, 1, stride, f"{name}_sc") if first else x
    x = _conv(activated, width, 1, 1, f"{name}_conv1")
    x = _activate(x, f"{name}_bn2", f"{name}_relu2")
    x = _conv(x, width, 3, stride, f"{name}_conv2")
    x = _activate(x, f"{name}_bn3", f"{name}_relu3")
    x = _conv(x, 4 * width, 1, 1, f"{name}_conv3")
    return activated, layers.Add(name=f"{name}_add")([x, shortcut])


def _activate(x, norm, relu):
    return layers.Activation("relu", name=relu)(
        layers.BatchNormalization(name=norm, **_NORM)(x)
    )


def _conv(x, width, size, stride, name):
    if stride > 1 and size > 1:  # with a stride, "same" would pad on one side only
        x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
    return Convolution(
        width,
        size,
        stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        kernel_initializer="he_uniform",
        name=name,
    )(x)
