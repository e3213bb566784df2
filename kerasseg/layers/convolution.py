"""The convolution of our models: Keras' own, mended where that is slow or wrong."""

import math

import keras

from kerasseg.layers import jax_cpu
from kerasseg.layers.in_chunks import recall

_DEAR = 256
"""Products for one value of a map from which on its gradient remembers it."""


@keras.saving.register_keras_serializable(package="kerasseg")
class Convolution(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with a faster gradient on JAX and a CPU.

    Arguments, weights and results are those of `Conv2D`, up to rounding. A 1 x 1 kernel
    with strides reads the pixels it needs and no others: the kernel gradient that
    TensorFlow 2.21 takes from oneDNN for it (`jit_1x1:avx512_core`) writes beyond its
    memory where channels are few (seen with 2), and the process dies sooner or later.
    """

    def convolution_op(self, inputs, kernel):
        kernel = keras.ops.convert_to_tensor(kernel)  # a Keras variable is no JAX array
        if math.prod(kernel.shape[:3]) < _DEAR:
            return self._convolve(inputs, kernel)
        return recall.dear(self._convolve, inputs, kernel)

    def _convolve(self, inputs, kernel):
        if not self._plain():
            return super().convolution_op(inputs, kernel)
        if not jax_cpu.applies(inputs, kernel):
            return self._strided_first(inputs, kernel)
        from kerasseg.layers.jax_cpu.convolution import convolve

        return convolve(inputs, kernel, self.strides, self.padding, self.dilation_rate)

    def _strided_first(self, inputs, kernel):
        strided = self.strides != (1, 1) and self.dilation_rate == (1, 1)
        if self.kernel_size != (1, 1) or not strided:
            return super().convolution_op(inputs, kernel)
        down, right = self.strides
        return keras.ops.conv(inputs[:, ::down, ::right], kernel)

    def _plain(self):
        return self.data_format == "channels_last" and self.groups == 1
