"""Group normalisation of maps, one date at a time, in few passes over the map."""

import keras
from keras import ops

from kerasseg.layers import jax_cpu


@keras.saving.register_keras_serializable(package="kerasseg")
class FrameNorm(keras.layers.Layer):
    """Normalises each map of a stack by itself, in groups of channels.

    What Keras' `GroupNormalization` computes, with the ReLU that follows: the
    statistics become one scale and one offset per map and channel, so that a large map
    is read three times and written once, and one map is kept for the gradient.

    Because no statistic spans two maps, a padded date changes nothing.

    Args:
        groups: Into how many groups of adjacent channels the maps are divided; `None`
            for one per channel (instance normalisation).
        affine: Whether each channel has a learnt scale and offset.
        relu: Whether negative values become zero in the end.
        epsilon: What is added to the variance.

    Call arguments:
        x: `(N, H, W, C)`.

    Returns:
        `(N, H, W, C)`.

    Source:
        Wu and He, "Group Normalization", 2018, https://arxiv.org/abs/1803.08494.
    """

    def __init__(self, groups=4, affine=True, relu=True, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.groups = groups
        self.affine = affine
        self.relu = relu
        self.epsilon = epsilon

    def build(self, x_shape):
        channels = x_shape[-1]
        if channels % (self.groups or 1):
            raise ValueError(
                f"{self.name}: {channels} channels in {self.groups} groups. Give a "
                f"width that is a multiple of {self.groups}."
            )
        if self.affine:
            self.gamma = self.add_weight(
                shape=(channels,), initializer="ones", name="gamma"
            )
            self.beta = self.add_weight(
                shape=(channels,), initializer="zeros", name="beta"
            )

    def call(self, x):
        mean, variance = self._statistics(x)  # (N, C)
        scale = ops.rsqrt(variance + self.epsilon)
        if self.affine:
            scale *= ops.cast(self.gamma, "float32")
        offset = -mean * scale
        if self.affine:
            offset += ops.cast(self.beta, "float32")
        scale, offset = (ops.cast(v[:, None, None], x.dtype) for v in (scale, offset))
        x = x * scale + offset
        return ops.relu(x) if self.relu else x

    def _statistics(self, x):
        if jax_cpu.applies(x):
            from kerasseg.layers.jax_cpu.frame_norm import statistics

            return statistics(x, self._pool)
        mean = self._pool(ops.mean(ops.cast(x, "float32"), (1, 2)))
        centred = ops.cast(x, "float32") - mean[:, None, None]
        return mean, self._pool(ops.mean(ops.square(centred), (1, 2)))

    def _pool(self, values):
        """Replace the values `(N, C)` of channels by the mean of their group."""
        channels = values.shape[1]
        if self.groups in (None, channels):
            return values
        grouped = ops.reshape(values, (-1, self.groups, channels // self.groups))
        return ops.repeat(ops.mean(grouped, 2), channels // self.groups, axis=1)

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {
            **super().get_config(),
            "groups": self.groups,
            "affine": self.affine,
            "relu": self.relu,
            "epsilon": self.epsilon,
        }
