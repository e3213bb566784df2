"""Depthwise convolution as a sum of shifted maps, which XLA merges into one loop.

XLA's own, a convolution in as many groups as channels, and its gradients are up to
seventy times slower on a CPU (`benchmarks/RESULTS.md`).
"""

import jax
import jax.numpy as jnp
from jax import lax


def convolve(x, kernel, strides: tuple[int, int] = (1, 1), padding: str = "same"):
    """Convolve each channel of `x`, `(B, H, W, C)`, with its own of `(h, w, C)`.

    It can be differentiated once, in reverse.

    Args:
        x: The map.
        kernel: The weights.
        strides: Step between rows and between columns.
        padding: `"same"` or `"valid"`.

    Returns:
        `(B, H', W', C)`, as `lax.conv_general_dilated` does.
    """
    size = kernel.shape[:2]
    pads = lax.padtype_to_pads(x.shape[1:3], size, strides, padding.upper())
    if strides == (1, 1):
        return _convolve(x, kernel, tuple(pads))
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    rows, columns = (
        (length - side) // step + 1
        for length, side, step in zip(x.shape[1:3], size, strides, strict=True)
    )
    # Rows and columns a step apart are a map of their own, with a kernel of its own.
    down, right = strides
    none = ((0, 0), (0, 0))
    parts = [
        _convolve(x[:, i::down, j::right], kernel[i::down, j::right], none)
        for i in range(min(down, size[0]))
        for j in range(min(right, size[1]))
    ]
    return sum(part[:, :rows, :columns] for part in parts)


def _plain(x, kernel, pads):
    """Convolve without strides, with so many zeros around."""
    taps = zip(_taps(x, kernel, pads), kernel.reshape(-1, kernel.shape[2]), strict=True)
    return sum(tap * weight for tap, weight in taps)


def _taps(x, kernel, pads):
    """Return, for each place in the kernel, the map that it reads."""
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    height, width, _ = kernel.shape
    _, rows, columns, _ = x.shape
    return [
        x[:, i : i + rows - height + 1, j : j + columns - width + 1]
        for i in range(height)
        for j in range(width)
    ]


_convolve = jax.custom_vjp(_plain, nondiff_argnums=(2,))


def _forward(x, kernel, pads):
    return _plain(x, kernel, pads), (x, kernel)


def _backward(pads, saved, gradient):
    x, kernel = saved
    height, width, channels = kernel.shape

    def add(total, pair):
        image, part = pair
        # XLA slows down where a gradient sums over more than one axis.
        products = [
            (tap * part).reshape(-1, channels).sum(0)
            for tap in _taps(image[None], kernel, pads)
        ]
        return total + jnp.stack(products), None

    # An image at a time stays near the processor while all its taps are summed.
    total = jnp.zeros((height * width, channels), gradient.dtype)
    weights, _ = lax.scan(add, total, (x, gradient))
    back = tuple(
        (side - 1 - before, side - 1 - after)
        for side, (before, after) in zip((height, width), pads, strict=True)
    )
    return _plain(gradient, kernel[::-1, ::-1], back), weights.reshape(kernel.shape)


_convolve.defvjp(_forward, _backward)
