"""A function of a large tensor, some slices at a time, in bounded memory.

What a function needs inside it is kept for one chunk only; for the gradient each chunk
is computed a second time, but for the results that are dear and small (`recall`).
`keras.ops.map` with `keras.remat` promises the same, but copies the tensor to put the
chunks in front, wants them all of one length, and on TensorFlow works on ten at a time.
So each backend has a loop of its own here.
"""

from collections.abc import Callable, Sequence

import keras


def layers_in_chunks(
    function: Callable, x, variables: Sequence, constants: Sequence = (), **options
):
    """Apply a function that calls layers to chunks of a tensor; see `in_chunks`.

    Args:
        function: From a chunk of `x`, the index of its first slice and `constants` to a
            tensor or a list of tensors. It must change no variable.
        x: What is cut into chunks.
        variables: Those of the layers.
        constants: Tensors that have no gradient.
        **options: Those of `in_chunks`.

    Returns:
        What `function(x, 0, constants)` would return.
    """

    def compute(chunk, start, values, constants):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(chunk, start, constants)

    values = [keras.ops.convert_to_tensor(variable) for variable in variables]
    return in_chunks(compute, x, values, constants, **options)


def in_chunks(
    function: Callable,
    x,
    weights: Sequence,
    constants: Sequence = (),
    *,
    size: int,
    axes: tuple[int, int] = (0, 0),
    consume: bool = False,
    keep: bool = False,
):
    """Apply a function to chunks of a tensor and put the results together.

    It can be differentiated once, in reverse, with respect to `x` and `weights`.

    Args:
        function: From a chunk of `x`, the index of its first slice, `weights` and
            `constants` to a tensor or a list of tensors. It must use no other tensors
            and change no state.
        x: What is cut into chunks.
        weights: Tensors that have a gradient.
        constants: Tensors that have none.
        size: Slices in a chunk; the last has what is left.
        axes: Along which axis `x` is cut, and along which the results are joined.
        consume: Whether the gradient may be written over `x` where it is no longer
            needed. It saves the memory of `x`, and is slower where nobody asks for the
            gradient of `x`.
        keep: Whether what `function` computes by `recall.dear` is kept for the
            gradient. That is for training: without a gradient it is memory wasted. The
            first axis of such results must be that of the slices.

    Returns:
        What `function(x, 0, weights, constants)` would return.
    """
    if keras.config.backend() == "jax":
        from kerasseg.layers.in_chunks.jax_loop import apply
    else:
        from kerasseg.layers.in_chunks.tensorflow_loop import apply
    single = []

    def many(*given):
        found = function(*given)
        single[:] = [not isinstance(found, list)]
        return (found,) if single[0] else tuple(found)

    found = apply(
        many,
        x,
        tuple(weights),
        tuple(constants),
        size,
        axes,
        consume=consume,
        keep=keep,
    )
    return found[0] if single[0] else list(found)
