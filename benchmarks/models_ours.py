"""Our side of `models.py`: a model in the layout of the peer, on one backend.

Batches come from NumPy and steps are those of `Model.fit`, callbacks aside.
"""

import os
import sys

import numpy as np
from stopwatch import MATRIX, answer, matrix_peak, measure, peak_rss_gb

from kerasseg import backend, light_keras


def main():
    name, kind, task = sys.argv[1:4]
    batch, size, threads, rounds = map(int, sys.argv[4:])
    prepare(name, threads)
    import keras

    model = build(kind)
    rng = np.random.default_rng(0)
    image = rng.normal(size=(batch, size, size, 3)).astype("float32")
    label = rng.integers(0, 5, (batch, size, size)).astype("uint8")
    step = {"train": train, "predict": predict}[task](model, image, label)
    measured = measure(step, rounds)
    devices = backend.devices()
    memory = backend.peak_memory_bytes() / 1e9 if devices != ["cpu"] else peak_rss_gb()
    answer(
        **measured,
        memory_gb=memory,
        matrix_peak=matrix_peak(product(keras, name)),
        flops=batch * flops(build(kind), size, task) if kind == "fpn" else None,
        device=devices[0],
        versions=f"keras {keras.__version__}, {name} {_version(name)}",
    )


def prepare(name, threads):
    """Choose backend and threads, which both want to know before they are imported."""
    os.environ["NPROC"] = str(threads)  # read by XLA for its pool of threads
    backend.choose(name)
    light_keras.load()  # as the command line does
    if name == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def build(kind):
    from kerasseg.models import fpn, segformer

    if kind == "segformer":
        return segformer.build(3, 5, encoder="mit_b0")
    return fpn.build(3, 5, encoder="resnet18", layout="smp", aggregation="sum")


def train(model, image, label):
    import keras

    from kerasseg import losses

    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=losses.cross_entropy,
        **backend.compile_options(),
    )
    return lambda: float(model.train_on_batch({"image": image}, label))


def predict(model, image, _):
    model.compile(**backend.compile_options())
    return lambda: model.predict_on_batch({"image": image})


def product(keras, name):
    """Return a function that multiplies two matrices as the backend does it."""
    square = keras.random.uniform((MATRIX, MATRIX))
    if name == "jax":
        import jax

        multiply = jax.jit(lambda a: a @ a)
    else:
        import tensorflow as tf

        multiply = tf.function(lambda a: a @ a)
    return lambda: float(multiply(square)[0, 0])


def flops(model, size, task):
    """Count the operations of all convolutions for one image, two per product.

    A train step adds the gradients of kernels and of inputs, but for the image's own.
    For a SegFormer, which also multiplies matrices, that would not be its work.
    """
    import keras

    image = keras.Input((size, size, 3), name="image")
    fixed = keras.models.clone_model(model, input_tensors={"image": image})
    counts = [
        2 * np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape)
        for layer in fixed.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    total = float(sum(counts))
    return 3 * total - float(counts[0]) if task == "train" else total


def _version(name):
    return sys.modules[name].__version__


if __name__ == "__main__":
    main()
