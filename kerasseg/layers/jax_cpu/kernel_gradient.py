"""The gradient of a convolution's kernel, in the form that XLA computes fastest.

XLA takes it as a convolution with a window as large as the map. Depending on the
channels, a product of matrices, or a convolution whose channels are the columns of the
map, is up to three times as fast. All forms sum the same products in another order.
"""

import jax.numpy as jnp
from jax import lax

AXES = ("NHWC", "HWIO", "NHWC")

_PIXELS = 1024
"""Pixels that a product needs at least to be worth its start."""

_VALUES_AT_ONCE = 2**18
"""Values of a gradient whose copies, one per column of a kernel, lie in a cache."""


def gradient_of_kernel(x, gradient, size, strides, pads, dilation):
    """Return the gradient of a kernel `(h, w, C, F)`.

    Args:
        x: The map that was convolved, `(B, H, W, C)`.
        gradient: That of the result, `(B, H', W', F)`.
        size: Rows and columns of the kernel.
        strides: Step between rows and between columns.
        pads: Rows and columns of zeros before and after the map.
        dilation: Step between the rows and columns that the kernel reads.
    """
    channels, features = x.shape[3], gradient.shape[3]
    wide = min(channels, features) >= 32 and channels <= features * size[1]
    if strides == (1, 1) and max(size) <= 5 and wide:
        return _convolve_rows(x, gradient, size, pads, dilation)
    if dilation != (1, 1) or (max(size) <= 4 and 8 <= channels <= 128):
        return _convolve_maps(x, gradient, size, strides, pads, dilation)
    pixels = gradient.shape[1] * gradient.shape[2]
    if strides == (1, 1) and features < channels and pixels >= _PIXELS:
        flipped = [(n - 1 - a, n - 1 - b) for n, (a, b) in zip(size, pads, strict=True)]
        weights = _correlate(gradient, x, size, strides, flipped)
        return weights[::-1, ::-1].swapaxes(2, 3)
    return _correlate(x, gradient, size, strides, pads)


def _convolve_rows(x, gradient, size, pads, dilation):
    """Convolve the rows of a map with the rows of the gradient.

    That is a convolution whose height is theirs, whose width is the channels of the map
    and whose channels are the columns, so that one sum runs over all pixels. It shifts
    rows by itself; for the columns, the gradient is put beside itself once for each.
    Some rows, or some images if they are small, are taken at a time.
    """
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    batch, height, width, features = gradient.shape
    pixels = max(2048, min(4096, _VALUES_AT_ONCE // features))
    rows = min(height, max(1, pixels // width))
    images = max(1, pixels // (height * width))
    images = next(n for n in range(min(images, batch), 0, -1) if batch % n == 0)

    def visit(image, row, rows):
        read = rows + (size[0] - 1) * dilation[0]
        part = lax.dynamic_slice(x, (image, row, 0, 0), (images, read, *x.shape[2:]))
        still = lax.dynamic_slice(
            gradient, (image, row, 0, 0), (images, rows, *gradient.shape[2:])
        )
        return _products(part, still, size[1], dilation)

    whole, left = divmod(height, rows)

    def add(step, total):
        image, strip = step // whole, step % whole
        return total + visit(image * images, strip * rows, rows)

    def add_rest(step, total):
        return total + visit(step * images, whole * rows, left)

    channels = x.shape[3]
    total = jnp.zeros((size[0], channels + 1, size[1] * features), x.dtype)
    total = lax.fori_loop(0, batch // images * whole, add, total)
    if left:
        total = lax.fori_loop(0, batch // images, add_rest, total)
    total = total[:, :channels].reshape(size[0], channels, size[1], features)
    return total.transpose(0, 2, 1, 3)


def _products(x, gradient, across, dilation):
    """See `_convolve_rows`; `x` has as many more rows and columns as the kernel reads.

    Returns:
        For each row of the kernel its products, `(h, C + 1, w * F)`. The last channel
        is to spare: without one, XLA takes a slower way.
    """
    _, rows, _, features = gradient.shape
    down, across = dilation[0], range(0, across * dilation[1], dilation[1])
    columns = [
        jnp.pad(gradient, ((0, 0), (0, 0), (j, across[-1] - j), (0, 0))) for j in across
    ]
    columns = jnp.concatenate(columns, 3).transpose(1, 0, 2, 3)
    columns = columns.reshape(rows, 1, -1, len(across) * features)
    x = x.transpose(1, 3, 0, 2).reshape(1, x.shape[1], x.shape[3], -1)
    return lax.conv_general_dilated(
        x, columns, (down, 1), ((0, 0), (0, 1)), dimension_numbers=AXES
    )[0]


def _convolve_maps(x, gradient, size, strides, pads, dilation):
    """Return the gradient of the kernel as a convolution of the two maps.

    Channels take the place of images, and images that of channels.
    """
    sides = []
    for axis, (before, _) in enumerate(pads):
        window = (gradient.shape[axis + 1] - 1) * strides[axis] + 1
        needed = window + (size[axis] - 1) * dilation[axis]
        sides.append((before, needed - x.shape[axis + 1] - before))
    if not any(map(any, sides)):  # as in `convolution`
        sides[1] = (0, 1)
    found = lax.conv_general_dilated(
        x.transpose(3, 1, 2, 0),
        gradient.transpose(1, 2, 0, 3),
        dilation,
        sides,
        rhs_dilation=strides,
        dimension_numbers=AXES,
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
