"""The loop for JAX: results are written into one tensor, in place."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import lax

from kerasseg.layers.in_chunks import recall


def apply(function, x, weights, constants, size, axes, *, consume, keep):
    """See `in_chunks`; `function` returns a tuple."""
    loop = _Loop(function, size, *axes, consume, keep)
    run = jax.custom_vjp(loop.forward)
    run.defvjp(loop.remember, loop.backward)
    return run(x, weights, constants)


@dataclass(frozen=True)
class _Loop:
    """See `in_chunks` for what these are."""

    function: Callable
    size: int
    along: int
    joined: int
    consume: bool
    keep: bool

    def forward(self, x, weights, constants):
        def compute(chunk, start):
            return self.function(chunk, start, weights, constants), ()

        return self._join(compute, x)[0]

    def remember(self, x, weights, constants):
        def compute(chunk, start):
            results = []
            with recall.writing(results):
                found = self.function(chunk, start, weights, constants)
            return found, tuple(results) if self.keep else ()

        found, results = self._join(compute, x)
        return found, (x, weights, constants, results)

    def _join(self, compute, x):
        """Put together what `compute(chunk, start)` returns: found, remembered."""

        def visit(state, start, length):
            chunk = lax.dynamic_slice_in_dim(x, start, length, self.along)
            found, remembered = compute(chunk, start)
            return (
                _put(state[0], found, start, self.joined),
                _put(state[1], remembered, start, 0),
            )

        like = jax.eval_shape(lambda x: compute(x, 0), x)
        state = jax.tree.map(jnp.zeros_like, like)
        return self._each_chunk(visit, state, x.shape[self.along])

    def backward(self, saved, gradients):
        x, weights, constants, results = saved

        def visit(state, start, length):
            def cut(y, axis):
                return lax.dynamic_slice_in_dim(y, start, length, axis)

            def again(chunk, weights):
                with recall.reading([cut(result, 0) for result in results]):
                    return self.function(chunk, start, weights, constants)

            source, target, total = state
            chunk = cut(target if self.consume else source, self.along)
            _, transpose = jax.vjp(again, chunk, weights)
            found, more = transpose(tuple(cut(y, self.joined) for y in gradients))
            total = jax.tree.map(jnp.add, total, more)
            after = _after(start, total) if self.consume else start
            target = lax.dynamic_update_slice_in_dim(target, found, after, self.along)
            return source, target, total

        total = jax.tree.map(jnp.zeros_like, weights)
        state = (None, x, total) if self.consume else (x, jnp.zeros_like(x), total)
        _, target, total = self._each_chunk(visit, state, x.shape[self.along])
        return target, total, None

    def _each_chunk(self, visit, state, slices):
        """Call `visit(state, start, length)` for each chunk; return the last state."""
        whole, left = divmod(slices, self.size)

        def step(i, state):
            return visit(state, i * self.size, self.size)

        # The rest first: XLA would copy a loop's results before it writes to them.
        if left:
            state = visit(state, whole * self.size, left)
        return lax.fori_loop(0, whole, step, state) if whole else state


def _put(whole, parts, start, axis):
    return tuple(
        lax.dynamic_update_slice_in_dim(y, part, start, axis)
        for y, part in zip(whole, parts, strict=True)
    )


def _after(start, tensors):
    """Return `start`, in a way that XLA takes for a result of the tensors.

    What is written at that place is then written after what they read. Without it XLA
    copies the whole target in each round, lest it be overwritten before it is read.
    """
    if not tensors:
        return start
    first = [lax.convert_element_type(x.ravel()[0], jnp.float32) for x in tensors]
    never = jnp.stack(first).max() == jnp.inf
    return jnp.minimum(start, jnp.where(never, 2**31 - 1, 2**31 - 2))


def known(operation, x, weight, result):
    """See `recall.dear`."""

    def forward(x, weight, result):
        return result, (x, weight)

    def backward(saved, gradient):
        _, transpose = jax.vjp(operation, *saved)
        return *transpose(gradient), None

    run = jax.custom_vjp(lambda x, weight, result: result)
    run.defvjp(forward, backward)
    return run(x, weight, result)
