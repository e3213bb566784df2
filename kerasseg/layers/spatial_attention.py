"""Attention between the pixels of a map and those of a coarser one."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class SpatialAttention(keras.layers.Layer):
    """Lets each pixel of a map average the pixels of a coarse map, head by head.

    The coarse map keeps the table of scores small: `H * W` rows of `h * w` numbers
    for each head. Both maps come projected; the layer has no weights.

    Args:
        heads: Number of heads, a divisor of the channels.

    Call arguments:
        query: `(B, H, W, C)`, what each pixel looks for.
        key: `(B, h, w, C)`, what there is to find.
        value: `(B, h, w, C)`, what is taken from where it is found.

    Returns:
        `(B, H, W, C)`.

    Raises:
        ValueError: If the heads do not divide the channels.

    Source:
        Vaswani et al., "Attention Is All You Need", 2017,
        https://arxiv.org/abs/1706.03762, between maps as in Xie et al., "SegFormer",
        2021, https://arxiv.org/abs/2105.15203.
    """

    def __init__(self, heads=1, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, query_shape, key_shape, value_shape):
        if query_shape[-1] % self.heads:
            raise ValueError(
                f"{self.name}: {self.heads} heads cannot share {query_shape[-1]} "
                "channels. Choose widths that are multiples of the heads."
            )

    def call(self, query, key, value):
        channels = query.shape[-1]
        # Scaling the query touches the fewest numbers.
        queries = self._split(query / (channels // self.heads) ** 0.5)
        # Explicit transpositions and products: XLA finds einsum's slower on a CPU.
        scores = queries @ ops.swapaxes(self._split(key), 2, 3)
        scores = ops.cast(scores, "float32")  # (B, heads, H * W, h * w)
        # Of one pixel there is no choice, and Keras would warn of it.
        one = scores.shape[-1] == 1
        weights = ops.exp(scores - scores) if one else ops.softmax(scores)
        found = ops.cast(weights, query.dtype) @ self._split(value)
        return ops.reshape(ops.swapaxes(found, 1, 2), ops.shape(query))

    def _split(self, x):
        """Give each head its slice: `(B, heads, H * W, C / heads)`."""
        batch, height, width, channels = ops.shape(x)
        shape = (batch, height * width, self.heads, channels // self.heads)
        return ops.swapaxes(ops.reshape(x, shape), 1, 2)

    def compute_output_spec(self, query, key, value):
        return keras.KerasTensor(query.shape, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "heads": self.heads}
