"""Convolution whose weight gradient is a product of matrices.

XLA computes that gradient as a convolution with a window as large as the map. A
product of patches and pixels is up to three times as fast (the 7 x 7 convolution that
opens a ResNet: 68 to 25 ms of CPU). The patches of one or a few images are made at a
time, so that they stay near the processor and need little memory.
"""

import jax
import jax.numpy as jnp
from jax import lax

_PIXELS = 1024
"""Pixels that a product needs at least to be worth its start."""


def convolve(x, kernel, strides: tuple[int, int], padding: str):
    """Convolve `x`, `(B, H, W, C)`, with `kernel`, `(h, w, C, F)`.

    It can be differentiated once, in reverse.

    Args:
        x: The map.
        kernel: The weights.
        strides: Step between rows and between columns.
        padding: `"same"` or `"valid"`.

    Returns:
        `(B, H', W', F)`, as `lax.conv_general_dilated` does.
    """
    if kernel.shape[:2] == (1, 1):
        x = x[:, :: strides[0], :: strides[1]]
        # XLA slows down four times where the gradient sums over more than one axis.
        rows = x.reshape(-1, x.shape[3]) @ kernel[0, 0]
        return rows.reshape(*x.shape[:3], kernel.shape[3])
    pads = lax.padtype_to_pads(x.shape[1:3], kernel.shape[:2], strides, padding.upper())
    return _convolve(x, kernel, strides, tuple(pads))


def _plain(x, kernel, strides, pads):
    # Without any padding XLA takes another way, up to three times as slow: a column
    # that is cut off again is cheaper.
    spare = not any(map(any, pads))
    if spare:
        pads = (pads[0], (0, strides[1]))
    found = lax.conv_general_dilated(
        x, kernel, strides, pads, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return found[:, :, :-1] if spare else found


_convolve = jax.custom_vjp(_plain, nondiff_argnums=(2, 3))


def _forward(x, kernel, strides, pads):
    return _plain(x, kernel, strides, pads), (x, kernel)


def _backward(strides, pads, saved, gradient):
    x, kernel = saved
    _, transpose = jax.vjp(lambda x: _plain(x, kernel, strides, pads), x)
    size = kernel.shape[:2]
    if strides == (1, 1) and kernel.shape[3] <= kernel.shape[2]:
        flipped = [(n - 1 - a, n - 1 - b) for n, (a, b) in zip(size, pads, strict=True)]
        weights = _correlate(gradient, x, size, strides, flipped)
        weights = weights[::-1, ::-1].swapaxes(2, 3)
    else:
        weights = _correlate(x, gradient, size, strides, pads)
    return *transpose(gradient), weights


_convolve.defvjp(_forward, _backward)


def _correlate(shifted, still, size, strides, pads):
    """Sum the products of two maps `(B, H, W, C)` and `(B, H', W', F)`, shift by shift.

    Returns:
        `(h, w, C, F)`: at `(i, j)` the products of a pixel of `still` with the pixel
        of `shifted` that lies `(i, j)` further.
    """
    batch, *window, channels = still.shape
    images = _images_at_once(batch, *window)
    shifted = jnp.pad(shifted, ((0, 0), *pads, (0, 0)))
    shifted = shifted.reshape(-1, images, *shifted.shape[1:]).transpose(0, 4, 1, 2, 3)
    still = still.reshape(-1, images * window[0] * window[1], channels)

    def add(total, pair):
        part, pixels = pair
        return total + _patches(part, size, strides, window) @ pixels, None

    rows = size[0] * size[1] * shifted.shape[1]
    total = jnp.zeros((rows, channels), still.dtype)
    total, _ = lax.scan(add, total, (shifted, still))
    return total.reshape(*size, -1, channels)


def _patches(x, size, strides, window):
    """Cut `(C, B, H, W)` into `(h * w * C, B * H' * W')`, a row per tap and channel."""
    height, width = (s * (n - 1) + 1 for s, n in zip(strides, window, strict=True))
    taps = [
        x[:, :, i : i + height : strides[0], j : j + width : strides[1]]
        for i in range(size[0])
        for j in range(size[1])
    ]
    return jnp.stack(taps).reshape(len(taps) * x.shape[0], -1)


def _images_at_once(batch, height, width):
    """Return the smallest divisor of the batch that gives enough pixels."""
    for images in range(1, batch):
        if batch % images == 0 and images * height * width >= _PIXELS:
            return images
    return batch
