"""The max pooling of our encoders: Keras' own, faster where JAX runs on a CPU."""

import keras

from kerasseg.layers import jax_cpu


@keras.saving.register_keras_serializable(package="kerasseg")
class MaxPooling(keras.layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` with a faster gradient on JAX and a CPU.

    Arguments and results are those of `MaxPooling2D`; of equal pixels, the first
    gets the gradient.
    """

    def call(self, inputs):
        if not self._plain() or not jax_cpu.applies(inputs):
            return super().call(inputs)
        from kerasseg.layers.jax_cpu.pooling import max_pool

        return max_pool(inputs, self.pool_size[0], self.strides[0])

    def _plain(self):
        height, width = self.pool_size
        return (
            self.data_format == "channels_last"
            and self.padding == "valid"
            and height == width <= 15
            and self.strides[0] == self.strides[1]
        )
