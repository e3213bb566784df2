"""L-TAE: one map from a series, and how much each date had to say in it."""

import keras
from keras import ops

from kerasseg.layers import attention_mlp, jax_cpu
from kerasseg.layers.dates import encodings
from kerasseg.layers.hashed_dropout import dropout, hashed
from kerasseg.layers.in_chunks import in_chunks
from kerasseg.layers.lightweight_attention import Folded, embed, fold, normalize, weigh

_LAYOUTS = {"utae": ("attention_heads", -1e3), "crop2seg": ("attention_head", -1e6)}
"""What the attention is called, and the score of padded dates."""


@keras.saving.register_keras_serializable(package="kerasseg")
class TemporalAttention(keras.layers.Layer):
    """Summarises the series of each pixel with lightweight temporal attention.

    Normalise each pixel over its dates, embed, add the encoding of dates, attend with
    one constant query for each head, then an `mlp` and a last normalisation. Computed
    in float32, in the equivalent form of `lightweight_attention`.

    Args:
        heads: Number of heads, and of the groups of both normalisations.
        model_width: Channels of the embedding; `None` attends to the input itself.
        key_width: Channels of a key.
        mlp: Widths after the attention, each linear, batch normalised, ReLU.
        dates: Which encoding of dates is added: of `days`, of `day_of_year`, of
            `both`, or `none`.
        linear: Whether the sinusoid passes a learnt matrix. With `"day_of_year"` the
            sinusoid of that day and the matrix then replace the learnt table.
        period: See `dates.sinusoid`.
        attention_dropout: Share of the attention dropped in training.
        dropout: Share of the values dropped in training after the `mlp`.
        padding: `"ignored"`: padded dates change nothing. `"published"`: they count in
            the first normalisation and their score is a large negative number.
        layout: Whose names and details the weights have: `"utae"` of utae-paps or
            `"crop2seg"` of Crop2Seg.
        answer: What is returned. `"attention"` has neither `mlp` nor second norm.
        pixels: How many pixels of an image are attended to at once; `None` for all.
            With fewer, memory is bounded: the gradient attends again.

    Call arguments:
        x: `(B, T, H, W, C)`.
        days: `(B, T)`, -1 at padded dates.
        observed: `(B, T)`, true at observed dates; `None` for `days != -1`.
        day_of_year: `(B, T)`, int, for the encodings that use it.
        training: Whether to drop, and to normalise with the batch's statistics.

    Returns:
        By `answer`: `"both"`, a pair of the embedding `(B, H, W, mlp[-1])` and the
        attention `(B, heads, T, H, W)`, after dropout; or one of the two.

    Raises:
        ValueError: If a width is no multiple of `heads`, or `day_of_year` is missing.

    Source:
        Garnot and Landrieu, "Lightweight Temporal Self-attention", 2020,
        https://arxiv.org/abs/2007.00586, as applied by utae-paps (MIT) and Crop2Seg.
        There padded dates count in the statistics of the first normalisation, so that
        an answer depends on the batch; here only with `padding="published"`.
    """

    def __init__(  # noqa: PLR0913
        self,
        heads=16,
        model_width=256,
        key_width=4,
        mlp=(128,),
        dates="days",
        linear=False,
        period=1000,
        attention_dropout=0.1,
        dropout=0.2,
        padding="ignored",
        layout="utae",
        answer="both",
        pixels=None,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.heads = heads
        self.model_width = model_width
        self.key_width = key_width
        self.mlp = tuple(mlp)
        self.dates = dates
        self.linear = linear
        self.period = period
        self.attention_dropout = attention_dropout
        self.dropout = dropout
        self.padding = padding
        self.layout = layout
        self.answer = answer
        self.pixels = pixels
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, x_shape):
        channels = x_shape[-1]
        width = self.model_width or channels
        self._check(channels, width)
        attention, _ = _LAYOUTS[self.layout]
        keys = self.heads * self.key_width
        self.gamma = self._weight("in_norm.gamma", (channels,), "ones")
        self.beta = self._weight("in_norm.beta", (channels,), "zeros")
        if self.model_width:
            self.kernel = self._weight("inconv.kernel", (channels, width))
            self.bias = self._weight("inconv.bias", (width,), "zeros")
        queries = (self.heads, *[1] * (self.layout == "crop2seg"), self.key_width)
        spread = keras.initializers.RandomNormal(stddev=(2 / self.key_width) ** 0.5)
        self.query = self._weight(f"{attention}.Q", queries, spread)
        self.key_kernel = self._weight(f"{attention}.fc1_k.kernel", (width, keys))
        self.key_bias = self._weight(f"{attention}.fc1_k.bias", (keys,), "zeros")
        encoded = encodings(
            self.dates, width // self.heads, self.heads, self.period, self.linear
        )
        self.dated = [name for name, _ in encoded]
        self.encodings = [layer for _, layer in encoded]
        for layer in self.encodings:
            layer.build((None, None))
        self.tail = []
        if self.answer != "attention":
            self.tail = attention_mlp.layers(
                self.mlp, self.heads, self.dropout, crop2seg=self.layout == "crop2seg"
            )
        for layer in self.tail:
            layer.build((None, 1, 1, width))
            width = getattr(layer, "units", width)

    def _check(self, channels, width):
        for size in (channels, width, *self.mlp[-1:]):
            if size % self.heads:
                raise ValueError(
                    f"{self.name}: {size} channels for {self.heads} heads. Give widths "
                    f"that are multiples of {self.heads}."
                )

    def _weight(self, name, shape, initializer="glorot_uniform"):
        return self.add_weight(shape=shape, initializer=initializer, name=name)

    def call(self, x, days, observed=None, day_of_year=None, training=None):
        if observed is None:
            observed = ops.not_equal(days, -1)
        batch, dates, height, width, channels = ops.shape(x)
        flat = ops.reshape(x, (batch, dates, height * width, channels))
        folded = self._folded(self._encode(days, day_of_year))
        found = self._attend(flat, observed, folded, training)
        width_after = self._width(channels)
        embedding, attention = found[..., :width_after], found[..., width_after:]
        if self.answer != "embedding":
            shape = (batch, height, width, dates, self.heads)
            attention = ops.transpose(ops.reshape(attention, shape), (0, 4, 3, 1, 2))
        if self.answer == "attention":
            return attention
        embedding = ops.reshape(embedding, (batch, height, width, width_after))
        embedding = ops.cast(self._finish(embedding), x.dtype)
        return (embedding, attention) if self.answer == "both" else embedding

    def _attend(self, x, observed, folded, training):
        """Attend to `(B, T, P, C)`: embedding and attention `(B, P, D + T * heads)`."""
        rate = self.attention_dropout if training else 0.0
        seed = self._seed() if rate else None
        fill = None if self.padding == "ignored" else _LAYOUTS[self.layout][1]

        def attend(x, start, weights, constants):
            folded, (observed, seed) = Folded(*weights), constants
            x = ops.transpose(ops.cast(x, "float32"), (0, 2, 1, 3))
            x = normalize(x, observed if fill is None else None, self.heads)
            weight = weigh(x, observed, folded, fill)
            if rate:
                seed = hashed(seed + ops.cast(start, "uint32"))
                weight = dropout(weight, rate, seed, 0)
            parts = []
            if self.answer != "attention":
                parts.append(embed(x, weight, folded))
            if self.answer != "embedding":
                parts.append(ops.reshape(weight, (*ops.shape(weight)[:2], -1)))
            return ops.concatenate(parts, axis=-1)

        def attend_in_pieces(x, start, *given):
            if not jax_cpu.applies(x):
                return attend(x, start, *given)
            from kerasseg.layers.jax_cpu.pieces import in_pieces

            return in_pieces(lambda piece, at: attend(piece, start + at, *given), x)

        if self.pixels is None:
            return attend_in_pieces(x, 0, folded, (observed, seed))
        return in_chunks(
            attend_in_pieces,
            x,
            folded,
            (observed, seed),
            size=self.pixels,
            axes=(2, 1),
            consume=True,
        )

    def _seed(self):
        number = keras.random.randint((), 0, 2**31 - 1, seed=self.seed_generator)
        return ops.cast(number, "uint32")

    def _width(self, channels):
        """Channels of the embedding, of which there are none for `"attention"`."""
        return 0 if self.answer == "attention" else self.model_width or channels

    def _encode(self, days, day_of_year):
        """Sum the encodings of the dates: `(B, T, D)`."""
        given = {"days": days, "day_of_year": day_of_year}
        given = [given[name] for name in self.dated]
        if any(dates is None for dates in given):
            raise ValueError(
                f"{self.name}: dates={self.dates!r} needs `day_of_year`. Pass it to "
                "the layer."
            )
        if given:
            return sum(e(d) for e, d in zip(self.encodings, given, strict=True))
        return ops.zeros((*ops.shape(days), self.key_kernel.shape[0]))

    def _folded(self, encoding):
        channels = self.gamma.shape[0]
        embedding = (
            (self.kernel, self.bias)
            if self.model_width
            else (ops.eye(channels), ops.zeros((channels,)))
        )
        query = ops.reshape(self.query, (self.heads, self.key_width))
        norm, key = (self.gamma, self.beta), (self.key_kernel, self.key_bias)
        return fold(norm, embedding, key, query, encoding)

    def _finish(self, embedding):
        size = ops.shape(embedding)
        embedding = ops.reshape(embedding, (-1, 1, 1, embedding.shape[-1]))
        for layer in self.tail:
            embedding = layer(embedding)
        return ops.reshape(embedding, (*size[:3], embedding.shape[-1]))

    def compute_output_spec(
        self, x, days, observed=None, day_of_year=None, training=None
    ):
        batch, dates, height, width, channels = x.shape
        last = self.mlp[-1] if self.mlp else self.model_width or channels
        embedding = keras.KerasTensor((batch, height, width, last), x.dtype)
        attention = keras.KerasTensor(
            (batch, self.heads, dates, height, width), "float32"
        )
        both = embedding, attention
        return {"both": both, "embedding": embedding, "attention": attention}[
            self.answer
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "heads": self.heads,
            "model_width": self.model_width,
            "key_width": self.key_width,
            "mlp": list(self.mlp),
            "dates": self.dates,
            "linear": self.linear,
            "period": self.period,
            "attention_dropout": self.attention_dropout,
            "dropout": self.dropout,
            "padding": self.padding,
            "layout": self.layout,
            "answer": self.answer,
            "pixels": self.pixels,
        }
