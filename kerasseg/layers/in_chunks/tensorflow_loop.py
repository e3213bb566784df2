"""The loop for TensorFlow: one chunk after the other, results in an array of tensors.

All chunks have one length, as XLA wants it. Where that does not divide the tensor, the
last chunk begins earlier, and what it has in common with the one before counts once.
"""

import tensorflow as tf

from kerasseg.layers.in_chunks import recall


def apply(function, x, weights, constants, size, axes, *, consume, keep):
    """See `in_chunks`; `function` returns a tuple.

    Tensors are never written over here, whatever `consume` says.
    """
    along, joined = axes
    x = tf.convert_to_tensor(x)
    weights = tuple(tf.convert_to_tensor(weight) for weight in weights)

    @tf.custom_gradient
    def run(x, *weights):
        chunks = _Chunks(tf.shape(x)[along], size)
        number = []

        def compute(index, start, known):
            results = []
            with recall.writing(results):
                found = function(chunks.cut(x, start, along), start, weights, constants)
            number[:] = [len(found)]
            return *found, *(results if keep else ())

        arrays = chunks.each(compute)
        found, results = arrays[: number[0]], arrays[number[0] :]

        def backward(*gradients):
            def compute(index, start, known):
                chunk = chunks.cut(x, start, along)
                with (
                    tf.GradientTape() as tape,
                    recall.reading([result.read(index) for result in results]),
                ):
                    tape.watch((chunk, *weights))
                    found = function(chunk, start, weights, constants)
                parts = [chunks.cut(y, start, joined) for y in gradients]
                return tape.gradient(
                    found,
                    (chunk, *weights),
                    [chunks.forget(part, known, joined) for part in parts],
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )

            first, *sums = chunks.each(compute, sums=len(weights))
            return chunks.join(first, along), *sums

        return tuple(chunks.join(array, joined) for array in found), backward

    return run(x, *weights)


def known(operation, x, weight, result):
    """See `recall.dear`."""

    @tf.custom_gradient
    def run(x, weight):
        def backward(gradient):
            with tf.GradientTape() as tape:
                tape.watch((x, weight))
                found = operation(
                    x, weight
                )  # not computed: its gradient needs no value
            return tape.gradient(found, (x, weight), gradient)

        return tf.identity(result), backward

    return run(x, weight)


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

    def each(self, compute, sums=0):
        """Call `compute(index, start, known)` for each chunk.

        Args:
            compute: Returns a tuple of tensors.
            sums: How many of them, the last ones, to add up.

        Returns:
            Arrays of the tensors of each chunk, and sums.
        """
        first = compute(0, 0, 0)
        kept = len(first) - sums
        state = [
            tf.TensorArray(
                found.dtype,
                self.number,
                clear_after_read=False,
                element_shape=found.shape,
            ).write(0, found)
            for found in first[:kept]
        ]

        def visit(index, state):
            start = tf.minimum(index * self.size, self.last)
            found = compute(index, start, index * self.size - start)
            arrays = map(tf.TensorArray.write, state, [index] * kept, found)
            return index + 1, [*arrays, *map(tf.add, state[kept:], found[kept:])]

        with tf.control_dependencies(first):  # two chunks at once need twice the memory
            second = tf.identity(1)
        _, state = tf.while_loop(
            lambda index, _: index < self.number,
            visit,
            (second, [*state, *first[kept:]]),
            parallel_iterations=1,
        )
        return state

    def join(self, array, axis):
        """Put chunks together along an axis; what two have in common counts once."""
        chunks = array.stack()  # (chunks, ..., size, ...)
        rank = chunks.shape.rank
        if axis:
            chunks = tf.transpose(
                chunks, [*range(1, axis + 1), 0, *range(axis + 1, rank)]
            )
        shape = tf.shape(chunks)
        total = self.number * self.size
        joined = tf.reshape(
            chunks, tf.concat([shape[:axis], [total], shape[axis + 2 :]], 0)
        )
        before = (slice(None),) * axis

        def without_overlap():
            return tf.concat(
                [
                    joined[(*before, slice(None, total - self.size))],
                    joined[(*before, slice(total - self.size + self.overlap, None))],
                ],
                axis,
            )

        whole = tf.cond(self.overlap > 0, without_overlap, lambda: joined)
        static = chunks.shape.as_list()
        return tf.ensure_shape(whole, [*static[:axis], None, *static[axis + 2 :]])
