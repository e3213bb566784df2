"""Our side of `attention.py`: the temporal attention alone, on one backend."""

import sys

import numpy as np
from models_ours import prepare, product
from stopwatch import answer, matrix_peak, measure, peak_rss_gb

from kerasseg import backend

PIXELS = 512
"""How many pixels Time-Unet attends to at once."""


def main():
    name, task = sys.argv[1:3]
    batch, dates, channels, size, threads, rounds = map(int, sys.argv[3:])
    prepare(name, threads)
    import keras

    from kerasseg.layers.temporal_attention import TemporalAttention

    many = size * size > PIXELS
    layer = TemporalAttention(
        mlp=(channels,),
        pixels=PIXELS if many else None,
        answer="embedding" if many else "both",
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, dates, size, size, channels)).astype("float32")
    x = keras.ops.convert_to_tensor(x)
    days = keras.ops.tile(keras.ops.arange(dates) * 8, (batch, 1))
    layer.build(x.shape)
    compiled = {"jax": jax_step, "tensorflow": tensorflow_step}[name]
    step = compiled(layer, x, days, task)
    measured = measure(step, rounds)
    devices = backend.devices()
    memory = backend.peak_memory_bytes() / 1e9 if devices != ["cpu"] else peak_rss_gb()
    answer(
        **measured,
        memory_gb=memory,
        matrix_peak=matrix_peak(product(keras, name)),
        device=devices[0],
        versions=f"keras {keras.__version__}, {name} {sys.modules[name].__version__}",
    )


def found(answer):
    return answer[0] if isinstance(answer, tuple) else answer


def jax_step(layer, x, days, task):
    import jax

    state = [
        [variable.value for variable in variables]
        for variables in (layer.trainable_variables, layer.non_trainable_variables)
    ]

    def total(learnt, x, still):
        answer, still = layer.stateless_call(
            learnt, still, x, days, training=task == "train"
        )
        answer = found(answer)
        return ((answer**2).sum() if task == "train" else answer.sum()), still

    compute = jax.jit(
        jax.grad(total, argnums=(0, 1), has_aux=True) if task == "train" else total
    )
    return lambda: jax.block_until_ready(compute(state[0], x, state[1]))


def tensorflow_step(layer, x, days, task):
    import tensorflow as tf

    @tf.function(jit_compile=backend.compile_options()["jit_compile"])
    def predict():
        return tf.reduce_sum(found(layer(x, days, training=False)))

    @tf.function(jit_compile=backend.compile_options()["jit_compile"])
    def train():
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(found(layer(x, days, training=True)) ** 2)
        learnt = [variable.value for variable in layer.trainable_variables]
        gradients = tape.gradient(total, [x, *learnt])
        return [tf.convert_to_tensor(gradient) for gradient in gradients]

    compute = train if task == "train" else predict
    return lambda: [value.numpy() for value in tf.nest.flatten(compute())]


if __name__ == "__main__":
    main()
