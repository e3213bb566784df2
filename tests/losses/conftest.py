"""What the tests of the losses share: gradients, published values, a small batch."""

import json

import keras
import numpy as np
import pytest


@pytest.fixture
def batch():
    """Labels `(3, 8, 7)`, ignored here and there, and logits of 5 classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, (3, 8, 7)).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.2] = 255
    return labels, rng.normal(0, 2, (3, 8, 7, 5)).astype(np.float32)


@pytest.fixture(scope="session")
def gradient():
    """Return a function that differentiates `loss(labels, logits)` by the logits."""
    if keras.backend.backend() == "jax":
        import jax

        def differentiate(loss, labels, logits):
            return np.asarray(jax.grad(lambda free: loss(labels, free))(logits))
    else:
        import tensorflow as tf

        def differentiate(loss, labels, logits):
            logits = tf.constant(logits)
            with tf.GradientTape() as tape:
                tape.watch(logits)
                value = loss(labels, logits)
            return tape.gradient(value, logits).numpy()

    return differentiate


@pytest.fixture(scope="session")
def published(shared):
    """Return a function from library, case and name to a published array."""
    folder = shared("golden", "losses_metrics")
    meta = json.loads((folder / "meta.json").read_text())["cases"]
    with np.load(folder / "io.npz") as arrays:
        content = dict(arrays)

    def find(case: str, kind: str, name: str):
        if kind == "meta":
            return meta[case][name]
        return content[f"{case}/{kind}/{name}"]

    return find


@pytest.fixture
def precision():
    """Return the relative tolerance: JAX computes in float32, TensorFlow in float64."""
    return 2e-5 if keras.backend.backend() == "jax" else 1e-6
