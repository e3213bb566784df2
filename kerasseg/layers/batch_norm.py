"""Batch normalisation as PyTorch does it, over observed dates only."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class BatchNorm(keras.layers.Layer):
    """Normalises each channel with the statistics of the batch, then ReLU.

    It differs from Keras' `BatchNormalization` in three points: the running variance
    is the unbiased one, as in PyTorch, so that a published training run can be
    repeated; maps of padded dates are left out of the statistics; and the ReLU that
    follows is part of it.

    Args:
        relu: Whether negative values become zero in the end.
        momentum: Share of the running statistics that a step keeps.
        epsilon: What is added to the variance.

    Call arguments:
        x: `(N, ..., C)`.
        observed: `(N,)`, true where a map is to be counted; `None` counts all.
        training: Whether to use, and remember, the statistics of the batch.

    Returns:
        `(N, ..., C)`.

    Source:
        Ioffe and Szegedy, "Batch Normalization", 2015,
        https://arxiv.org/abs/1502.03167; `torch.nn.BatchNorm2d` for the details.
    """

    def __init__(self, relu=True, momentum=0.9, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.relu = relu
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, x_shape):
        shape = (x_shape[-1],)
        self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")
        self.moving_mean = self._running(shape, "zeros", "moving_mean")
        self.moving_variance = self._running(shape, "ones", "moving_variance")

    def _running(self, shape, initializer, name):
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            name=name,
            trainable=False,
            autocast=False,
        )

    def call(self, x, observed=None, training=None):
        if training and self.trainable:
            mean, variance = self._statistics(x, observed)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        scale = ops.rsqrt(variance + self.epsilon) * ops.cast(self.gamma, "float32")
        offset = ops.cast(self.beta, "float32") - mean * scale
        x = x * ops.cast(scale, x.dtype) + ops.cast(offset, x.dtype)
        return ops.relu(x) if self.relu else x

    def _statistics(self, x, observed):
        """Mean and variance of the batch, which the running ones take a share of."""
        axes = tuple(range(1, len(x.shape) - 1))
        values = ops.cast(x, "float32")
        size = ops.shape(x)
        weights = (
            ops.ones((size[0], 1))
            if observed is None
            else ops.cast(observed, "float32")[:, None]
        )
        total = ops.maximum(ops.sum(weights), 1)
        mean = ops.sum(_mean(values, axes) * weights, 0) / total
        spread = _mean(ops.square(values - mean), axes)
        variance = ops.sum(spread * weights, 0) / total
        count = total
        for axis in axes:
            count = count * ops.cast(size[axis], "float32")
        unbiased = variance * (count / ops.maximum(count - 1, 1))
        self._remember(self.moving_mean, mean)
        self._remember(self.moving_variance, unbiased)
        return mean, variance

    def _remember(self, running, new):
        new = ops.stop_gradient(new)
        running.assign(running * self.momentum + new * (1 - self.momentum))

    def compute_output_spec(self, x, observed=None, training=None):
        return keras.KerasTensor(x.shape, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "relu": self.relu,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }


def _mean(values, axes):
    return ops.mean(values, axes) if axes else values
