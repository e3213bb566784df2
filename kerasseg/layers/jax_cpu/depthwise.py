"""Depthwise convolution as a sum of shifted maps, which XLA merges into one loop.

XLA's own, a convolution in as many groups as channels, and its gradients are up to
seventy times slower on a CPU (`benchmarks/RESULTS.md`).
"""

import jax
import jax.numpy as jnp
from jax import lax


@jax.custom_vjp
def convolve(x, kernel):
    """Convolve each channel of `x`, `(B, H, W, C)`, with its own of `(h, w, C)`.

    Borders are padded with zeros, so that the size stays; the kernel's sides are odd.
    It can be differentiated once, in reverse.
    """
    height, width, _ = kernel.shape
    taps = _taps(x, height, width)
    return sum(tap * kernel[i, j] for (i, j), tap in taps.items())


def _taps(x, height, width):
    """Return, for each place in the kernel, the map that it reads."""
    down, right = height // 2, width // 2
    padded = jnp.pad(x, ((0, 0), (down, down), (right, right), (0, 0)))
    _, rows, columns, _ = x.shape
    return {
        (i, j): padded[:, i : i + rows, j : j + columns]
        for i in range(height)
        for j in range(width)
    }


def _forward(x, kernel):
    return convolve(x, kernel), (x, kernel)


def _backward(saved, gradient):
    x, kernel = saved
    height, width, channels = kernel.shape

    def add(total, pair):
        image, part = pair
        taps = _taps(image[None], height, width).values()
        # XLA slows down where a gradient sums over more than one axis.
        products = [(tap * part).reshape(-1, channels).sum(0) for tap in taps]
        return total + jnp.stack(products), None

    # An image at a time stays near the processor while all its taps are summed.
    total = jnp.zeros((height * width, channels), gradient.dtype)
    weights, _ = lax.scan(add, total, (x, gradient))
    spread = convolve(gradient, kernel[::-1, ::-1])
    return spread, weights.reshape(kernel.shape)


convolve.defvjp(_forward, _backward)
