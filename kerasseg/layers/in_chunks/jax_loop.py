"""The loop for JAX: results are written into one tensor, in place."""

import jax
import jax.numpy as jnp
from jax import lax


def apply(function, x, weights, constants, size, axes, *, consume):
    """See `in_chunks`."""
    along, joined = axes
    whole, left = divmod(x.shape[along], size)

    def each_chunk(visit, state):
        """Call `visit(state, start, length)` for each chunk."""
        if whole:
            state = lax.fori_loop(
                0, whole, lambda i, state: visit(state, i * size, size), state
            )
        return visit(state, whole * size, left) if left else state

    def forward(x, weights, constants):
        def visit(y, start, length):
            chunk = lax.dynamic_slice_in_dim(x, start, length, along)
            found = function(chunk, start, weights, constants)
            return lax.dynamic_update_slice_in_dim(y, found, start, joined)

        like = jax.eval_shape(lambda x: function(x, 0, weights, constants), x)
        return each_chunk(visit, jnp.zeros(like.shape, like.dtype))

    def remember(x, weights, constants):
        return forward(x, weights, constants), (x, weights, constants)

    def backward(saved, gradient):
        x, weights, constants = saved

        def visit(state, start, length):
            source, target, total = state
            chunk = lax.dynamic_slice_in_dim(
                target if consume else source, start, length, along
            )
            _, transpose = jax.vjp(
                lambda chunk, weights: function(chunk, start, weights, constants),
                chunk,
                weights,
            )
            found, more = transpose(
                lax.dynamic_slice_in_dim(gradient, start, length, joined)
            )
            target = lax.dynamic_update_slice_in_dim(target, found, start, along)
            return source, target, jax.tree.map(jnp.add, total, more)

        total = jax.tree.map(jnp.zeros_like, weights)
        state = (None, x, total) if consume else (x, jnp.zeros_like(x), total)
        _, target, total = each_chunk(visit, state)
        return target, total, None

    run = jax.custom_vjp(forward)
    run.defvjp(remember, backward)
    return run(x, weights, constants)
