"""Convolution written in the forms that XLA computes fast on a CPU.

What XLA 0.10 makes of a convolution depends on its shape (two cores, figures in
`benchmarks/RESULTS.md`):

- Without padding it takes a way that is up to three times as slow, and with few
  channels one core only, unless the padding is as wide as the kernel. So spare columns
  are added and cut off again.
- Strides halve its speed; the same sums without strides, over pixels put beside each
  other, do not.
- The gradient of a kernel becomes a convolution with a window as large as the map; see
  `kernel_gradient`.
- Inside a loop (`in_chunks`), the axes of gradients stay as differentiation orders
  them, which is ten times slower. So they are ordered here.
"""

import jax
import numpy as np
from jax import lax

from kerasseg.layers.jax_cpu.kernel_gradient import AXES, gradient_of_kernel


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
    pads = tuple(lax.padtype_to_pads(x.shape[1:3], reach, strides, padding.upper()))
    step = strides[0]
    divisible = not any(size % step for size in kernel.shape[:2])
    if step > 1 and strides == (step, step) and divisible and dilation == (1, 1):
        x, kernel, pads = _beside(x, kernel, step, pads)
        strides = (1, 1)
    return _convolve(x, kernel, strides, pads, dilation)


def _beside(x, kernel, step, pads):
    """Put the `step * step` pixels that a kernel strides over beside each other.

    Returns:
        Map, kernel and padding of the same convolution without strides.
    """
    edges = []
    for size, length, (before, after) in zip(
        kernel.shape[:2], x.shape[1:3], pads, strict=True
    ):
        read = (length + before + after - size) // step * step + size
        edges.append((before, read - length - before, 0))
    x = lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *edges, (0, 0, 0)])
    batch, height, width, channels = x.shape
    # Two pixels of a row lie together already: that leaves one transposition.
    x = x.reshape(batch, height // step, step, width // step, step * channels)
    x = x.transpose(0, 1, 3, 2, 4)
    x = x.reshape(batch, height // step, width // step, -1)
    down, across, _, features = kernel.shape
    kernel = kernel.reshape(down // step, step, across // step, step * channels, -1)
    kernel = kernel.transpose(0, 2, 1, 3, 4)
    kernel = kernel.reshape(down // step, across // step, -1, features)
    return x, kernel, ((0, 0), (0, 0))


def _reach(kernel, dilation):
    """Return how many rows and columns a kernel spans."""
    sizes = zip(kernel.shape[:2], dilation, strict=True)
    return tuple((size - 1) * step + 1 for size, step in sizes)


def _plain(x, kernel, strides, pads, dilation):
    spare = _spare_columns(x, kernel, strides, pads, dilation)
    top, (left, right) = pads
    found = lax.conv_general_dilated(
        x,
        kernel,
        strides,
        (top, (left, right + spare * strides[1])),
        rhs_dilation=dilation,
        dimension_numbers=AXES,
    )
    return found[:, :, : found.shape[2] - spare]


def _spare_columns(x, kernel, strides, pads, dilation) -> int:
    """Return how many columns more than needed are computed fastest."""
    channels, features = kernel.shape[2:]
    width, (_, reach) = x.shape[2], _reach(kernel, dilation)
    both_cores = features >= 128 or (min(channels, features) >= 64 and width >= 128)
    if strides == (1, 1) and not both_cores and 8 * reach <= width:
        return max(0, reach - sum(pads[1]))
    return int(not any(map(any, pads)))


_convolve = jax.custom_vjp(_plain, nondiff_argnums=(2, 3, 4))


def _forward(x, kernel, strides, pads, dilation):
    return _plain(x, kernel, strides, pads, dilation), (x, kernel)


def _backward(strides, pads, dilation, saved, gradient):
    x, kernel = saved
    size = kernel.shape[:2]
    weights = gradient_of_kernel(x, gradient, size, strides, pads, dilation)
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
        dimension_numbers=AXES,
    )
