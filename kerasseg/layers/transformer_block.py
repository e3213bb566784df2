"""One layer of a Transformer over dates, as a function of its weights."""

from typing import Any, NamedTuple

from keras import ops

from kerasseg.layers.hashed_dropout import dropout

EPSILON = 1e-5
_SITES = 4


class Weights(NamedTuple):
    """The weights of one layer, under their published names.

    Kernels are `(inputs, outputs)`, but the first, which is PyTorch's `(3 * C, C)`.
    """

    in_proj_weight: Any
    in_proj_bias: Any
    out_kernel: Any
    out_bias: Any
    linear1_kernel: Any
    linear1_bias: Any
    linear2_kernel: Any
    linear2_bias: Any
    norm1_gamma: Any
    norm1_beta: Any
    norm2_gamma: Any
    norm2_beta: Any


def transform(x, weights: Weights, heads, observed, rate=0.0, seed=None, number=0):
    """Let the dates of each pixel look at each other, then think each for itself.

    Args:
        x: `(B, T, P, C)`: series, dates, pixels, channels.
        weights: See `Weights`.
        heads: Number of heads, a divisor of `C`.
        observed: `(B, T)`, true at dates to look at; `None` for all.
        rate: Share dropped of the attention and of each of the three results.
        seed: Of the dropout, uint32.
        number: Which layer this is, so that each drops something else.

    Returns:
        `(B, T, P, C)`.

    Source:
        Vaswani et al., "Attention Is All You Need", 2017,
        https://arxiv.org/abs/1706.03762: normalisation after each sum, ReLU, and the
        names and dropout of `torch.nn.TransformerEncoderLayer`.
    """
    first = 1 + _SITES * number  # site 0 is the caller's

    def drop(x, site):
        return dropout(x, rate, seed, first + site)

    queries = _dense(x, ops.transpose(weights.in_proj_weight), weights.in_proj_bias)
    score, values = _scores(queries, heads)
    if observed is not None:
        # Finite, so that a series without any date gives numbers all the same.
        score = ops.where(observed[:, None, None, None], score, -1e9)
    attention = drop(ops.cast(ops.softmax(score), x.dtype), 0)
    found = ops.transpose(attention @ values, (0, 3, 1, 2, 4))  # (B, T, P, heads, d)
    found = ops.reshape(found, ops.shape(x))
    found = drop(_dense(found, weights.out_kernel, weights.out_bias), 1)
    x = _normalize(x + found, weights.norm1_gamma, weights.norm1_beta)
    found = ops.relu(_dense(x, weights.linear1_kernel, weights.linear1_bias))
    found = _dense(drop(found, 2), weights.linear2_kernel, weights.linear2_bias)
    return _normalize(x + drop(found, 3), weights.norm2_gamma, weights.norm2_beta)


def _scores(queries, heads):
    """Split `(B, T, P, 3 * C)`; return scores `(B, P, heads, T, T)` and values."""
    *rest, width = ops.shape(queries)
    split = ops.reshape(queries, (*rest, 3, heads, width // 3 // heads))
    # Explicit transpositions and products of matrices: XLA is three times slower on
    # a CPU where it finds the same out from an einsum.
    split = ops.transpose(split, (3, 0, 2, 4, 1, 5))  # (3, B, P, heads, T, d)
    query, key, values = split[0], split[1], split[2]
    query = query / (width // 3 // heads) ** 0.5
    return ops.cast(query @ ops.swapaxes(key, -1, -2), "float32"), values


def _dense(x, kernel, bias):
    *rest, width = ops.shape(x)
    rows = ops.reshape(x, (-1, width)) @ kernel + bias
    return ops.reshape(rows, (*rest, kernel.shape[1]))


def _normalize(x, gamma, beta):
    """Layer normalisation over channels, in float32."""
    values = ops.cast(x, "float32")
    values = values - ops.mean(values, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(values), axis=-1, keepdims=True)
    values = values * ops.rsqrt(variance + EPSILON) * ops.cast(gamma, "float32")
    return ops.cast(values + ops.cast(beta, "float32"), x.dtype)
