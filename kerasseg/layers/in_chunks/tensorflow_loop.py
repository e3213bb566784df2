"""The loop for TensorFlow: one chunk after the other, results in an array of tensors.

All chunks have one length, as XLA wants it. Where that does not divide the tensor, the
last chunk begins earlier, and what it has in common with the one before counts once.
"""

import tensorflow as tf


def apply(function, x, weights, constants, size, axes, *, consume):
    """See `in_chunks`. Tensors are never written over here, whatever `consume` says."""
    along, joined = axes
    x = tf.convert_to_tensor(x)
    weights = tuple(tf.convert_to_tensor(weight) for weight in weights)

    @tf.custom_gradient
    def run(x, *weights):
        chunks = _Chunks(tf.shape(x)[along], size)

        def compute(start, known):
            return (function(chunks.cut(x, start, along), start, weights, constants),)

        def backward(gradient):
            def compute(start, known):
                with tf.GradientTape() as tape:
                    chunk = chunks.cut(x, start, along)
                    tape.watch((chunk, *weights))
                    found = function(chunk, start, weights, constants)
                part = chunks.cut(gradient, start, joined)
                return tape.gradient(
                    found,
                    (chunk, *weights),
                    chunks.forget(part, known, joined),
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )

            return chunks.each(compute, (along, *[None] * len(weights)))

        return chunks.each(compute, (joined,))[0], backward

    return run(x, *weights)


class _Chunks:
    """How `total` slices are cut into chunks of about `size`."""

    def __init__(self, total, size):
        self.size = tf.minimum(size, total)
        self.number = -(-total // self.size)
        self.last = total - self.size
        self.overlap = self.number * self.size - total

    def cut(self, x, start, axis):
        shape = x.shape.as_list()
        shape[axis] = None
        # XLA knows the size of a slice, but not how far two indices are apart.
        whole = tf.shape(x)
        after = [0] * (x.shape.rank - axis - 1)
        begin = tf.stack([*[0] * axis, start, *after])
        size = tf.concat([whole[:axis], [self.size], whole[axis + 1 :]], 0)
        return tf.ensure_shape(tf.slice(x, begin, size), shape)

    def forget(self, x, known, axis):
        """Zero the slices that the chunk before had already."""
        fresh = tf.range(self.size) >= known
        shape = [-1 if place == axis else 1 for place in range(x.shape.rank)]
        return tf.where(tf.reshape(fresh, shape), x, tf.zeros_like(x))

    def each(self, compute, axes):
        """Call `compute(start, known)` for each chunk; join or sum what it returns.

        Args:
            compute: Returns a tuple of tensors.
            axes: For each of them, the axis to join it along, or `None` to sum it.
        """
        first = compute(0, 0)
        state = [
            tf.TensorArray(
                found.dtype, self.number, element_shape=_open(found, axis)
            ).write(0, found)
            if axis is not None
            else found
            for found, axis in zip(first, axes, strict=True)
        ]

        def visit(index, state):
            start = tf.minimum(index * self.size, self.last)
            found = compute(start, index * self.size - start)
            state = [
                old.write(index, new) if axis is not None else old + new
                for old, new, axis in zip(state, found, axes, strict=True)
            ]
            return index + 1, state

        _, state = tf.while_loop(
            lambda index, _: index < self.number,
            visit,
            (1, state),
            parallel_iterations=1,
        )
        return tuple(
            self._join(found, axis) if axis is not None else found
            for found, axis in zip(state, axes, strict=True)
        )

    def _join(self, array, axis):
        chunks = array.stack()  # (chunks, ..., size, ...)
        last = chunks[-1]
        last = last[(slice(None),) * axis + (slice(self.overlap, None),)]
        if axis:
            order = [*range(1, axis + 1), 0, *range(axis + 1, chunks.shape.rank)]
            chunks = tf.transpose(chunks[:-1], order)
        else:
            chunks = chunks[:-1]
        shape = tf.shape(last)
        total = (self.number - 1) * self.size
        shape = tf.concat([shape[:axis], [total], shape[axis + 1 :]], 0)
        joined = tf.concat([tf.reshape(chunks, shape), last], axis)
        return tf.ensure_shape(joined, _open(last, axis))


def _open(x, axis):
    """Return the static shape of a tensor, but for one axis."""
    shape = x.shape.as_list()
    shape[axis] = None
    return shape
