"""Depthwise convolution as a sum of shifted maps, which XLA merges into one loop.

XLA's own, a convolution in as many groups as channels, and its gradients are many
times slower on a CPU (`benchmarks/RESULTS.md`).
"""

import jax
import jax.numpy as jnp


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
    # XLA slows down where a gradient sums over more than one axis.
    weights = [
        (tap * gradient).reshape(-1, channels).sum(0)
        for tap in _taps(x, height, width).values()
    ]
    spread = convolve(gradient, kernel[::-1, ::-1])
    return spread, jnp.stack(weights).reshape(kernel.shape)


convolve.defvjp(_forward, _backward)
