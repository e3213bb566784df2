"""The sum of a series of maps, weighed, in passes that stay near the processor.

XLA writes down every product before it sums them over dates, and sums slowly across
memory: 12 ms for 43 dates of 16 x 128 pixels and 64 channels, and 15 for the gradients.
Date by date it takes 2, and 4.
"""

import jax
import jax.numpy as jnp
from jax import lax

_ADDED_ONE_BY_ONE = 16
"""Channels of a group up to which adding them one by one is faster than a reduction."""


@jax.custom_vjp
def sum_dates(x, weight):
    """Sum maps `(B, T, H, W, C)` over dates.

    Args:
        x: The maps.
        weight: Of each of G groups of adjacent channels, `(B, T, H, W, G)`.

    Returns:
        `(B, H, W, C)`.
    """
    grouped = _grouped(x, weight)

    def add(date, total):
        one, share = (
            lax.dynamic_index_in_dim(y, date, 1, keepdims=False)
            for y in (grouped, weight)
        )
        return total + one * share[..., None]

    total = jnp.zeros_like(grouped[:, 0])
    return lax.fori_loop(0, x.shape[1], add, total).reshape(x[:, 0].shape)


def _forward(x, weight):
    return sum_dates(x, weight), (x, weight)


def _backward(saved, gradient):
    x, weight = saved
    grouped, gradient = _grouped(x, weight), _grouped(gradient[:, None], weight)
    spread = (gradient * weight[..., None]).reshape(x.shape)
    channels = grouped.shape[-1]
    if channels > _ADDED_ONE_BY_ONE:
        return spread, (grouped * gradient).sum(-1)
    products = [grouped[..., i] * gradient[..., i] for i in range(channels)]
    return spread, sum(products[1:], products[0])


sum_dates.defvjp(_forward, _backward)


def _grouped(x, weight):
    """Give each group of channels an axis, `(B, T, H, W, G, C / G)`."""
    groups = weight.shape[-1]
    return x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)
