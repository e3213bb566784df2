"""The loop for TensorFlow: one chunk after the other, results in an array of tensors."""

import tensorflow as tf


def apply(function, x, weights, constants, size, axes, *, consume):
    """See `in_chunks`. Tensors are never written over here, whatever `consume` says."""
    along, joined = axes
    x = tf.convert_to_tensor(x)
    weights = tuple(tf.convert_to_tensor(weight) for weight in weights)
    number = len(weights)

    @tf.custom_gradient
    def run(x, *weights):
        def visit(start, length):
            return (function(_cut(x, start, length, along), start, weights, constants),)

        def backward(gradient):
            def visit(start, length):
                with tf.GradientTape() as tape:
                    chunk = _cut(x, start, length, along)
                    tape.watch((chunk, *weights))
                    found = function(chunk, start, weights, constants)
                return tape.gradient(
                    found,
                    (chunk, *weights),
                    _cut(gradient, start, length, joined),
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )

            return _each_chunk(visit, x, size, along, (along, *[None] * number))

        return _each_chunk(visit, x, size, along, (joined,))[0], backward

    return run(x, *weights)


def _cut(x, start, length, axis):
    shape = x.shape.as_list()
    x = x[(slice(None),) * axis + (slice(start, start + length),)]
    shape[axis] = None
    return tf.ensure_shape(x, shape)


def _each_chunk(visit, x, size, along, axes):
    """Call `visit(start, length)` for each chunk; join or sum what it returns.

    Args:
        visit: Returns a tuple of tensors.
        x: What is cut into chunks.
        size: Slices in a chunk.
        along: The axis of chunks in `x`.
        axes: For each of the tensors, the axis to join it along, or `None` to sum it.
    """
    total = tf.shape(x)[along]
    size = tf.minimum(size, total)  # so that an array of chunks is never empty
    whole = total // size
    rest = visit(whole * size, total % size)  # even of nothing: it tells the shapes
    state = [
        _array(found, axis, whole) if axis is not None else found
        for found, axis in zip(rest, axes, strict=True)
    ]

    def body(index, state):
        found = visit(index * size, size)
        state = [
            old.write(index, new) if axis is not None else old + new
            for old, new, axis in zip(state, found, axes, strict=True)
        ]
        return index + 1, state

    _, state = tf.while_loop(
        lambda index, _: index < whole, body, (0, state), parallel_iterations=1
    )
    return tuple(
        _join(chunks, last, axis) if axis is not None else chunks
        for chunks, last, axis in zip(state, rest, axes, strict=True)
    )


def _array(found, axis, number):
    shape = found.shape.as_list()
    shape[axis] = None
    return tf.TensorArray(found.dtype, number, element_shape=shape)


def _join(chunks, last, axis):
    stacked = chunks.stack()  # (chunks, ..., size, ...)
    if axis:
        order = [*range(1, axis + 1), 0, *range(axis + 1, stacked.shape.rank)]
        stacked = tf.transpose(stacked, order)
    shape = tf.shape(last)
    shape = tf.concat([shape[:axis], [-1], shape[axis + 1 :]], 0)
    joined = tf.concat([tf.reshape(stacked, shape), last], axis)
    static = last.shape.as_list()
    static[axis] = None
    return tf.ensure_shape(joined, static)
