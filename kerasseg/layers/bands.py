"""The first layer of a saved model: stored pixels in, normalised bands out."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class Bands(keras.layers.Layer):
    """Casts stored pixels to float32 and normalises each band.

    It travels in the saved model with the names of the bands, so that training and
    prediction cannot differ and a raw scene needs no side file.

    Args:
        names: What each band shows, in the order of the channels.
        mean: Taken from each band, in stored units.
        std: What each band is divided by, in stored units.
        resolution: Side of the pixels it was trained on, metres, if known.

    Call arguments:
        image: `(B, H, W, C)` or `(B, T, H, W, C)`, any integer or float type.
            Whole numbers above 2 ** 24 are rounded.

    Returns:
        `(image - mean) / std`, float32, same shape.

    Raises:
        ValueError: If the three differ in length, or a `std` is not positive.
    """

    def __init__(self, names, mean, std, resolution=None, **kwargs):
        # Raw values up to 65535 do not survive a policy of half precision.
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.names = tuple(str(name) for name in names)
        self.mean = tuple(float(value) for value in mean)
        self.std = tuple(float(value) for value in std)
        self.resolution = None if resolution is None else float(resolution)
        if not len(self.names) == len(self.mean) == len(self.std):
            raise ValueError(
                f"Bands: {len(self.names)} names, {len(self.mean)} means and "
                f"{len(self.std)} stds. Give one of each per band."
            )
        flat = [n for n, std in zip(self.names, self.std, strict=True) if not std > 0]
        if flat:
            raise ValueError(
                f"Bands: the std of {', '.join(flat)} is not above 0. "
                "A band with one value everywhere teaches nothing: leave it out."
            )

    def call(self, image):
        mean, std = (ops.convert_to_tensor(v, "float32") for v in (self.mean, self.std))
        return (ops.cast(image, "float32") - mean) / std

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {
            **super().get_config(),
            "names": list(self.names),
            "mean": list(self.mean),
            "std": list(self.std),
            "resolution": self.resolution,
        }
