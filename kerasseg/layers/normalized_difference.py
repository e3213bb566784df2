"""Indices of two bands, such as NDVI, computed from stored pixels."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class NormalizedDifference(keras.layers.Layer):
    """Computes `(first - second) / (first + second)` for pairs of bands.

    Of near infrared and red it is NDVI, of green and near infrared NDWI. It is part of
    the model, so that training, validation and maps have it alike; put what it answers
    beside the normalised bands, it needs no normalisation itself.

    Args:
        pairs: Positions of the two bands in the channels, from 0, one pair per index.

    Call arguments:
        image: `(..., C)`, stored pixels of any integer or float type, not normalised.

    Returns:
        float32 `(..., len(pairs))`, from -1 to 1. It is 0 where both bands are 0, as
        in fill and padded dates, and where negative pixels would lead beyond -1 or 1.

    Raises:
        ValueError: If a pair is not two different positions.

    Source:
        The `add_ndvi` of Crop2Seg, with the bands it means: its loader for PASTIS
        takes B05 and B02 for B08 and B04.
    """

    def __init__(self, pairs, **kwargs):
        # Differences of raw values up to 65535 do not survive half precision.
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.pairs = tuple(tuple(int(place) for place in pair) for pair in pairs)
        for pair in self.pairs:
            if len(pair) != 2 or pair[0] == pair[1] or min(pair) < 0:
                raise ValueError(
                    f"NormalizedDifference: pair {pair}. Give the positions of two "
                    "different bands, from 0."
                )

    def call(self, image):
        first, second = (
            ops.cast(ops.take(image, list(places), axis=-1), "float32")
            for places in zip(*self.pairs, strict=True)
        )
        total = first + second
        empty = total == 0
        index = (first - second) / ops.where(empty, ops.ones_like(total), total)
        return ops.where(
            empty | (ops.abs(index) > 1), ops.zeros_like(index), index
        )  # (..., len(pairs))

    def compute_output_spec(self, image):
        shape = (*image.shape[:-1], len(self.pairs))
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {**super().get_config(), "pairs": [list(pair) for pair in self.pairs]}
