"""A convolution of each channel by itself, fast where JAX runs on a CPU."""

import keras

from kerasseg.layers import jax_cpu


@keras.saving.register_keras_serializable(package="kerasseg")
class DepthwiseConvolution(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` without XLA's slow loops on JAX and a CPU.

    Arguments, weights and results are those of `DepthwiseConv2D`, up to rounding.
    """

    def call(self, inputs):
        if not self._plain() or not jax_cpu.applies(inputs, self.kernel):
            return super().call(inputs)
        from kerasseg.layers.jax_cpu.depthwise import convolve

        kernel = keras.ops.convert_to_tensor(self.kernel)[..., 0]
        found = convolve(inputs, kernel, self.strides, self.padding)
        found = found + self.bias if self.use_bias else found
        return found if self.activation is None else self.activation(found)

    def _plain(self):
        return (
            self.data_format == "channels_last"
            and self.depth_multiplier == 1
            and set(self.dilation_rate) == {1}
        )
