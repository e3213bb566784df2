"""A Transformer over the dates of each pixel, in memory that has a bound."""

import keras
from keras import ops

from kerasseg.layers.dates import sinusoid
from kerasseg.layers.hashed_dropout import dropout, hashed
from kerasseg.layers.in_chunks import in_chunks
from kerasseg.layers.mean_over_dates import mean_over_dates
from kerasseg.layers.transformer_block import Weights, transform

_BASE = 10_000


@keras.saving.register_keras_serializable(package="kerasseg")
class TemporalTransformer(keras.layers.Layer):
    """Lets every date of a pixel look at every other, and averages the dates.

    Days are encoded as waves and added, dates are transformed together, and the mean
    over dates is one map. Attention of `T * T` for each pixel and head would fill any
    memory, so pixels are worked on in chunks, and the gradient computes each chunk
    once more.

    Args:
        heads: Number of heads.
        feedforward: Channels inside the part that sees each date by itself.
        layers: Number of layers, one after the other.
        dropout: Share dropped in training: after the encoding of days, of the
            attention, and of the results inside a layer.
        padding: `"ignored"`: nobody looks at padded dates, and the mean is that of the
            observed ones. `"published"`: all dates count, padded ones as day 0.
        pool: Whether to average the dates.
        pixels: Pixels of each image in a chunk; `None` for all at once, which in
            training is faster and needs many times the memory.

    Call arguments:
        x: `(B, T, H, W, C)`.
        days: `(B, T)`, -1 where padded.
        training: Whether to drop.

    Returns:
        `(B, H, W, C)`, or without `pool` `(B, T, H, W, C)`.

    Raises:
        ValueError: If the channels are no multiple of `heads`.

    Source:
        Zhang et al., STENN, Applied Sciences 13(23), 12658, 2023, in the layout of
        stenn-pytorch (MIT), https://github.com/ThinkPak/stenn-pytorch. Its table ends
        with day 399; here any day has its waves.
    """

    def __init__(
        self,
        heads=8,
        feedforward=256,
        layers=1,
        dropout=0.1,
        padding="ignored",
        pool=True,
        pixels=128,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.heads = heads
        self.feedforward = feedforward
        self.layers = layers
        self.dropout = dropout
        self.padding = padding
        self.pool = pool
        self.pixels = pixels
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, x_shape):
        channels = x_shape[-1]
        if channels % self.heads:
            raise ValueError(
                f"{self.name}: {channels} channels for {self.heads} heads. Choose a "
                f"divisor of {channels}, or other widths."
            )
        self.blocks = [
            self._block(f"layers.{number}", channels) for number in range(self.layers)
        ]

    def _block(self, name, channels):
        def weight(path, *shape, start="zeros"):
            return self.add_weight(
                shape=shape, initializer=start, name=f"{name}.{path}"
            )

        inner, glorot = self.feedforward, "glorot_uniform"
        return Weights(
            weight("self_attn.in_proj_weight", 3 * channels, channels, start=glorot),
            weight("self_attn.in_proj_bias", 3 * channels),
            weight("self_attn.out_proj.kernel", channels, channels, start=glorot),
            weight("self_attn.out_proj.bias", channels),
            weight("linear1.kernel", channels, inner, start=glorot),
            weight("linear1.bias", inner),
            weight("linear2.kernel", inner, channels, start=glorot),
            weight("linear2.bias", channels),
            weight("norm1.gamma", channels, start="ones"),
            weight("norm1.beta", channels),
            weight("norm2.gamma", channels, start="ones"),
            weight("norm2.beta", channels),
        )

    def call(self, x, days, training=None):
        observed = ops.not_equal(days, -1)
        known = ops.where(observed, days, ops.zeros_like(days))
        waves = ops.cast(sinusoid(known, x.shape[-1], _BASE), x.dtype)
        rate = self.dropout if training else 0.0
        seed = self._seed() if rate else None
        seen = observed if self.padding == "ignored" else None

        def transform_chunk(x, start, weights, constants):
            waves, seen, seed = constants
            if rate:
                seed = hashed(seed + ops.cast(start, "uint32"))
            x = dropout(x + waves[:, :, None], rate, seed, 0)
            for number in range(self.layers):
                count = len(Weights._fields)
                block = Weights(*weights[number * count : (number + 1) * count])
                x = transform(x, block, self.heads, seen, rate, seed, number)
            return mean_over_dates(x, seen) if self.pool else x

        batch, dates, height, width, channels = ops.shape(x)
        x = ops.reshape(x, (batch, dates, height * width, channels))
        found = self._apply(transform_chunk, x, (waves, seen, seed))
        dates = () if self.pool else (dates,)
        return ops.reshape(found, (batch, *dates, height, width, channels))

    def _seed(self):
        number = keras.random.randint((), 0, 2**31 - 1, seed=self.seed_generator)
        return ops.cast(number, "uint32")

    def _apply(self, function, x, constants):
        weights = [
            ops.convert_to_tensor(weight) for block in self.blocks for weight in block
        ]
        if self.pixels is None:
            return function(x, 0, weights, constants)
        return in_chunks(
            function,
            x,
            weights,
            constants,
            size=self.pixels,
            axes=(2, 1 if self.pool else 2),
            consume=True,
        )

    def compute_output_spec(self, x, days, training=None):
        batch, _, *rest = x.shape
        shape = (batch, *rest) if self.pool else x.shape
        return keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "heads": self.heads,
            "feedforward": self.feedforward,
            "layers": self.layers,
            "dropout": self.dropout,
            "padding": self.padding,
            "pool": self.pool,
            "pixels": self.pixels,
        }
