"""Transposed convolution whose gradient is made of plain convolutions.

XLA takes the gradient of its kernel as a convolution with a window as large as the map
and holes in it: 0.2 s of a train step of U-TAE, where only one map is enlarged.
"""

from functools import partial

import jax
from keras import ops

from kerasseg.layers.jax_cpu.convolution import convolve


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolve_transposed(x, kernel, strides: tuple[int, int]):
    """Multiply the size of `x`, `(B, H, W, C)`, with `kernel`, `(h, w, F, C)`.

    It can be differentiated once, in reverse.

    Args:
        x: The map.
        kernel: The weights; at least as large as the strides.
        strides: By how much the rows and the columns are multiplied.

    Returns:
        `(B, H * strides[0], W * strides[1], F)`, as `keras.ops.conv_transpose` with the
        padding `"same"` does.
    """
    return ops.conv_transpose(x, kernel, strides, "same")


def _forward(x, kernel, strides):
    return convolve_transposed(x, kernel, strides), (x, kernel)


def _backward(strides, saved, gradient):
    # The result is what a convolution of the gradient would spread to get `x`.
    x, kernel = saved
    found, transpose = jax.vjp(
        lambda kernel: convolve(gradient, kernel, strides, "same"), kernel
    )
    return found, *transpose(x)


convolve_transposed.defvjp(_forward, _backward)
