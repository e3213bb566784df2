"""Kernels multiplied first give what projecting twice, map by map, gives."""

import keras
import numpy as np

from kerasseg.layers.mlp_fusion import MlpFusion
from kerasseg.layers.resize import bilinear


def test_it_is_the_published_head_done_in_another_order():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    maps = [
        rng.normal(size=(2, *size)).astype("float32")
        for size in ((5, 7, 3), (3, 4, 6), (2, 2, 4))
    ]
    layer = MlpFusion(5)
    found = layer(maps)
    for bias in layer.biases:
        bias.assign(rng.normal(size=5))
    found = layer(maps)
    enlarged = [
        np.array(bilinear(x @ np.array(kernel) + np.array(bias), 5, 7))
        for x, kernel, bias in zip(maps, layer.kernels, layer.biases, strict=True)
    ]
    joined = np.concatenate(enlarged[::-1], axis=-1)  # coarsest first, as published
    np.testing.assert_allclose(found, joined @ np.array(layer.fuse)[0, 0], atol=1e-5)
