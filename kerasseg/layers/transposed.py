"""The transposed convolution of our models: Keras' own, faster where that is slow."""

import keras

from kerasseg.layers import jax_cpu


@keras.saving.register_keras_serializable(package="kerasseg")
class TransposedConvolution(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with a faster gradient on JAX and a CPU.

    Arguments, weights and results are those of `Conv2DTranspose`, up to rounding.
    """

    def call(self, inputs):
        if not (self._multiplies_the_size() and jax_cpu.applies(inputs, self.kernel)):
            return super().call(inputs)
        from kerasseg.layers.jax_cpu.transposed import convolve_transposed

        kernel = keras.ops.convert_to_tensor(self.kernel)
        x = convolve_transposed(inputs, kernel, self.strides)
        return self.activation(x + self.bias if self.use_bias else x)

    def _multiplies_the_size(self):
        return (
            (self.padding == "same" or self.kernel_size == self.strides)
            and min(self.kernel_size) >= max(self.strides)
            and self.output_padding is None
            and self.dilation_rate == (1, 1)
            and self.data_format == "channels_last"
        )
