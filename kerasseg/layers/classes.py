"""The last layer of a saved model: it knows what the logits stand for."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class Classes(keras.layers.Layer):
    """Returns its logits as float32 and carries the legend of the map.

    Args:
        legend: What `Legend.to_dict` returns.

    Call arguments:
        logits: `(B, H, W, num_classes)`.

    Returns:
        The logits, float32.
    """

    def __init__(self, legend, **kwargs):
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.legend = legend

    def call(self, logits):
        return ops.cast(logits, "float32")

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {**super().get_config(), "legend": self.legend}
