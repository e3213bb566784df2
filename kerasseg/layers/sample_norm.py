"""Batch normalisation of batches of one, as if samples came one after the other."""

import keras
from keras import ops

from kerasseg.layers.batch_norm import BatchNorm


@keras.saving.register_keras_serializable(package="kerasseg")
class SampleBatchNorm(BatchNorm):
    """Normalises each sample with its own statistics in training, then ReLU.

    The running statistics take a share of those of each sample, in their order. In
    inference this is batch normalisation. Arguments, weights and shapes are those of
    `BatchNorm`.

    Source:
        stenn-pytorch (MIT), https://github.com/ThinkPak/stenn-pytorch, which calls its
        last block once for each sample of a batch.
    """

    def _statistics(self, x, observed):
        size = ops.shape(x)
        values = ops.cast(x, "float32")
        mean = ops.mean(values, axis=(1, 2), keepdims=True)  # (B, 1, 1, C)
        variance = ops.mean(ops.square(values - mean), axis=(1, 2), keepdims=True)
        count = ops.cast(size[1] * size[2], "float32")
        unbiased = variance * (count / ops.maximum(count - 1, 1))
        self._remember(self.moving_mean, mean[:, 0, 0])
        self._remember(self.moving_variance, unbiased[:, 0, 0])
        return mean, variance

    def _remember(self, running, new):
        new = ops.stop_gradient(new)
        number = ops.shape(new)[0]
        after = ops.cast(number - 1 - ops.arange(number), "float32")
        share = (1 - self.momentum) * ops.power(self.momentum, after)
        kept = ops.power(self.momentum, ops.cast(number, "float32"))
        running.assign(running * kept + ops.sum(new * share[:, None], axis=0))
