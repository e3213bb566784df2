"""The statistics of group normalisation, remembered for the gradient.

Where maps are computed again for their gradient (`in_chunks`), XLA would take mean and
variance a second time, in four passes over a map, for a few numbers.
"""

import jax
import jax.numpy as jnp
from jax import lax

from kerasseg.layers.in_chunks import recall


def statistics(x, pool):
    """Return mean and variance of each map, in groups of channels.

    They can be differentiated once, in reverse.

    Args:
        x: `(N, H, W, C)`.
        pool: From values `(N, C)` of the channels to the means of their groups,
            `(N, C)`.

    Returns:
        Two `(N, C)`, in which the channels of a group are equal.
    """

    def compute(x):
        mean = pool(x.mean((1, 2)))
        centred = x - mean[:, None, None]
        return jnp.stack([mean, pool(jnp.square(centred).mean((1, 2)))], 1)

    def forward(x, mean, variance):
        return (mean, variance), (x, mean)

    def backward(saved, gradients):
        x, mean = saved
        share = 1 / (x.shape[1] * x.shape[2])
        level, slope = (share * pool(g)[:, None, None] for g in gradients)
        return level + 2 * slope * (x - mean[:, None, None]), None, None

    known = recall.constant(compute, lax.stop_gradient(x))
    run = jax.custom_vjp(lambda x, *known: known)
    run.defvjp(forward, backward)
    return run(x, known[:, 0], known[:, 1])
