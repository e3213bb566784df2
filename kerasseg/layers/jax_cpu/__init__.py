"""Formulations that XLA compiles well for a CPU, where Keras' own are slow there.

Found by measuring (`benchmarks/RESULTS.md`). Values and gradients are those of the
operations they replace, up to the order of summation. All of it is JAX, and none of
it is imported under TensorFlow; on a GPU the operations of Keras are better.
"""

import keras


def applies(*tensors) -> bool:
    """Tell whether these tensors are float32 and will be computed by JAX on one CPU."""
    if keras.config.backend() != "jax":
        return False
    import jax

    return (
        jax.default_backend() == "cpu"
        and jax.device_count() == 1
        and all(keras.backend.standardize_dtype(t.dtype) == "float32" for t in tensors)
    )
