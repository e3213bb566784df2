"""Convolution whose gradients are written in the forms that XLA computes fast.

XLA takes the gradient of a kernel as a convolution with a window as large as the map.
For wide or few channels a product of patches and pixels is up to three times as fast
(the 7 x 7 convolution that opens a ResNet: 68 to 25 ms of CPU). The patches of one or a
few images are made at a time, so that they stay near the processor.

Inside a loop (`in_chunks`), XLA leaves the axes of gradients as differentiation orders
them, and computes them ten times slower than outside. So they are ordered here.
"""

import jax
import jax.numpy as jnp
from jax import lax

_AXES = ("NHWC", "HWIO", "NHWC")
_PIXELS = 1024
"""Pixels that a product needs at least to be worth its start."""


def convolve(x, kernel, strides: tuple[int, int], padding: str, dilation=(1, 1)):
    """Convolve `x`, `(B, H, W, C)`, with `kernel`, `(h, w, C, F)`.

    It can be differentiated once, in reverse.

    Args:
        x: The map.
        kernel: The weights.
        strides: Step between rows and between columns.
        padding: `"same"` or `"valid"`.
        dilation: Step between the rows and columns that the kernel reads.

    Returns:
        `(B, H', W', F)`, as `lax.conv_general_dilated` does.
    """
    if kernel.shape[:2] == (1, 1):
        x = x[:, :: strides[0], :: strides[1]]
        # XLA slows down four times where the gradient sums over more than one axis.
        rows = x.reshape(-1, x.shape[3]) @ kernel[0, 0]
        return rows.reshape(*x.shape[:3], kernel.shape[3])
    reach = _reach(kernel, dilation)
    pads = lax.padtype_to_pads(x.shape[1:3], reach, strides, padding.upper())
    return _convolve(x, kernel, strides, tuple(pads), dilation)


def _reach(kernel, dilation):
    """Return how many rows and columns a kernel spans."""
    sizes = zip(kernel.shape[:2], dilation, strict=True)
    return tuple((size - 1) * step + 1 for size, step in sizes)


def _plain(x, kernel, strides, pads, dilation):
    # Without any padding XLA takes another way, up to three times as slow: a column
    # that is cut off again is cheaper.
    spare = not any(map(any, pads))
    if spare:
        pads = (pads[0], (0, strides[1]))
    found = lax.conv_general_dilated(
        x, kernel, strides, pads, rhs_dilation=dilation, dimension_numbers=_AXES
    )
    return found[:, :, :-1] if spare else found


_convolve = jax.custom_vjp(_plain, nondiff_argnums=(2, 3, 4))


def _forward(x, kernel, strides, pads, dilation):
    return _plain(x, kernel, strides, pads, dilation), (x, kernel)


def _backward(strides, pads, dilation, saved, gradient):
    x, kernel = saved
    size = kernel.shape[:2]
    if dilation != (1, 1) or (max(size) <= 4 and 8 <= kernel.shape[2] <= 128):
        weights = _convolve_maps(x, gradient, size, strides, pads, dilation)
    elif strides == (1, 1) and kernel.shape[3] <= kernel.shape[2]:
        flipped = [(n - 1 - a, n - 1 - b) for n, (a, b) in zip(size, pads, strict=True)]
        weights = _correlate(gradient, x, size, strides, flipped)
        weights = weights[::-1, ::-1].swapaxes(2, 3)
    else:
        weights = _correlate(x, gradient, size, strides, pads)
    return _spread(x, kernel, strides, pads, dilation, gradient), weights


_convolve.defvjp(_forward, _backward)


def _spread(x, kernel, strides, pads, dilation, gradient):
    """Return the gradient of the map: each pixel goes back to what was read for it."""
    sides = []
    for axis, reach in enumerate(_reach(kernel, dilation)):
        before = reach - 1 - pads[axis][0]
        spread = (gradient.shape[axis + 1] - 1) * strides[axis] + 1
        sides.append((before, x.shape[axis + 1] + reach - 1 - spread - before))
    return lax.conv_general_dilated(
        gradient,
        kernel[::-1, ::-1].swapaxes(2, 3),
        (1, 1),
        sides,
        lhs_dilation=strides,
        rhs_dilation=dilation,
        dimension_numbers=_AXES,
    )


def _convolve_maps(x, gradient, size, strides, pads, dilation):
    """Return the gradient of the kernel as a convolution of the two maps.

    Channels take the place of images, and images that of channels.
    """
    sides = []
    for axis, (before, _) in enumerate(pads):
        window = (gradient.shape[axis + 1] - 1) * strides[axis] + 1
        needed = window + (size[axis] - 1) * dilation[axis]
        sides.append((before, needed - x.shape[axis + 1] - before))
    if not any(map(any, sides)):  # see `_plain`
        sides[1] = (0, 1)
    found = lax.conv_general_dilated(
        x.transpose(3, 1, 2, 0),
        gradient.transpose(1, 2, 0, 3),
        dilation,
        sides,
        rhs_dilation=strides,
        dimension_numbers=_AXES,
    )
    return found[:, :, : size[1]].transpose(1, 2, 0, 3)


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
