"""Leave out whole branches in training, sample by sample."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class DropPath(keras.layers.Layer):
    """Zeroes the whole branch of some samples in training, and enlarges the others.

    So a deep network learns as a crowd of shallower ones. Outside of training nothing
    changes.

    Args:
        rate: Share of the samples whose branch is left out, below 1.

    Call arguments:
        x: `(B, ...)`.
        training: Whether to leave out anything.

    Returns:
        A tensor like `x`.

    Source:
        Huang et al., "Deep Networks with Stochastic Depth", 2016,
        https://arxiv.org/abs/1603.09382.
    """

    def __init__(self, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, x, training=None):
        if not training or self.rate == 0:
            return x
        shape = (ops.shape(x)[0], *[1] * (len(x.shape) - 1))
        drawn = keras.random.uniform(shape, seed=self._generator)
        kept = ops.cast(drawn >= self.rate, x.dtype)
        return x * (kept / (1 - self.rate))

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
