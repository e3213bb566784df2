"""Batch normalisation of one sample after the other."""

import keras
import numpy as np

from kerasseg.layers.batch_norm import BatchNorm
from kerasseg.layers.sample_norm import SampleBatchNorm


def test_a_batch_is_normalised_as_its_samples_one_after_the_other():
    x = np.random.default_rng(0).normal(3, 2, size=(3, 4, 5, 6)).astype("float32")
    together, apart = SampleBatchNorm(), BatchNorm()
    found = keras.ops.convert_to_numpy(together(x, training=True))
    wanted = [
        keras.ops.convert_to_numpy(apart(sample[None], training=True)) for sample in x
    ]
    np.testing.assert_allclose(found, np.concatenate(wanted), atol=1e-5)
    for ours, known in zip(together.get_weights(), apart.get_weights(), strict=True):
        np.testing.assert_allclose(ours, known, rtol=1e-5)
    after = [keras.ops.convert_to_numpy(norm(x)) for norm in (together, apart)]
    np.testing.assert_allclose(*after, atol=1e-5)
