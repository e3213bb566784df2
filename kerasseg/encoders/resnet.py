"""ResNet as torchvision, timm and segmentation_models.pytorch have it."""

import re

import keras
from keras import layers

from kerasseg.layers.convolution import Convolution
from kerasseg.layers.pooling import MaxPooling

LAYERS = re.compile(r"conv1|bn1|layer\d+\.\d+\.(conv\d|bn\d|downsample\.[01])")
"""The names of the layers with weights."""

BAND_LAYERS = ("conv1",)
"""The layer whose weights have one slice per band."""


def pyramid(
    image, *, blocks: tuple[int, ...], bottleneck: bool, width: int = 64
) -> list[keras.KerasTensor]:
    """Turn an image into maps at strides 2, 4, 8, 16 and 32.

    A layer is named by the path of its twin in PyTorch, `layer1.0.conv1`, so that
    the tensors of a checkpoint name their layers.

    Args:
        image: `(B, H, W, C)`, H and W multiples of 32.
        blocks: Number of units of each of the four stages.
        bottleneck: Units of three convolutions with four times the channels at
            their end, instead of units of two.
        width: Channels of the first convolution; the stages have 1, 2, 4 and 8
            times as many (times 4 with `bottleneck`).

    Source:
        He et al., "Deep Residual Learning for Image Recognition", 2015,
        https://arxiv.org/abs/1512.03385, in the variant of torchvision
        (BSD-3-Clause), whose bottleneck strides in the 3 x 3 convolution.
    """
    x = _conv(image, width, 7, 2, "conv1")
    x = layers.Activation("relu", name="relu")(_norm(x, "bn1"))
    maps = [x]
    # After a ReLU, padding with 0 picks the same maximum as padding with -inf.
    x = layers.ZeroPadding2D(1, name="maxpool_pad")(x)
    x = MaxPooling(3, 2, name="maxpool")(x)
    for stage, count in enumerate(blocks):
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            name = f"layer{stage + 1}.{index}"
            x = _unit(x, width * 2**stage, stride, bottleneck, name)
        maps.append(x)
    return maps


def _unit(x, width, stride, bottleneck, name):
    if bottleneck:
        convolutions = [(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)]
    else:
        convolutions = [(width, 3, stride), (width, 3, 1)]
    shortcut = x
    if stride > 1 or x.shape[-1] != convolutions[-1][0]:
        shortcut = _conv(x, convolutions[-1][0], 1, stride, f"{name}.downsample.0")
        shortcut = _norm(shortcut, f"{name}.downsample.1")
    for number, convolution in enumerate(convolutions, 1):
        x = _norm(_conv(x, *convolution, f"{name}.conv{number}"), f"{name}.bn{number}")
        if number == len(convolutions):
            x = layers.Add(name=f"{name}.add")([x, shortcut])
        x = layers.Activation("relu", name=f"{name}.relu{number}")(x)
    return x


def _norm(x, name):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


def _conv(x, width, size, stride, name):
    if stride > 1 and size > 1:  # with a stride, "same" would pad on one side only
        x = layers.ZeroPadding2D(size // 2, name=f"{name}.pad")(x)
    return Convolution(
        width,
        size,
        stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(
            2.0, "fan_out", "untruncated_normal"
        ),
        name=name,
    )(x)
