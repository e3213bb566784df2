"""Images of any size for networks that halve them again and again."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class PadToMultiple(keras.layers.Layer):
    """Grows an image, below and to the right, to a multiple of some size.

    The last row and the last column are repeated, so that no dark border is
    invented, and an image of a single pixel can be grown too. An image that is a
    multiple already passes as it is.

    Args:
        multiple: What height and width become multiples of.
        minimum: What they are at least, itself a multiple.

    Call arguments:
        image: `(B, H, W, C)`.

    Returns:
        `(B, ceil(H / multiple) * multiple, ceil(W / multiple) * multiple, C)`.
    """

    def __init__(self, multiple=32, minimum=0, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.multiple = multiple
        self.minimum = minimum

    def call(self, image):
        for axis in (1, 2):
            image = self._grow(image, axis)
        return image

    def _grow(self, image, axis):
        size = ops.shape(image)[axis]
        if isinstance(size, int) and self._grown(size) == size:
            return image
        grown = self._grown(size)
        nearest = ops.minimum(ops.arange(grown, dtype="int32"), size - 1)
        return ops.take(image, nearest, axis=axis)

    def _grown(self, size):
        grown = -(-size // self.multiple) * self.multiple
        if isinstance(size, int):
            return max(grown, self.minimum)
        return ops.maximum(grown, self.minimum)

    def compute_output_spec(self, image):
        batch, height, width, channels = image.shape
        height, width = (size and self._grown(size) for size in (height, width))
        return keras.KerasTensor((batch, height, width, channels), image.dtype)

    def get_config(self):
        config = {"multiple": self.multiple, "minimum": self.minimum}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="kerasseg")
class CropLike(keras.layers.Layer):
    """Cuts a map, from the top left, to the size of an image.

    Call arguments:
        x: The map, `(B, H', W', C')`, at least as large as the image.
        image: `(B, H, W, C)`; only its size matters.

    Returns:
        `(B, H, W, C')`, in the type of the map.
    """

    def __init__(self, **kwargs):
        # Logits are float32 whatever the policy; a cast here would round them.
        super().__init__(autocast=False, **kwargs)

    def call(self, x, image):
        _, height, width, _ = ops.shape(image)
        return x[:, :height, :width]

    def compute_output_spec(self, x, image):
        shape = (x.shape[0], *image.shape[1:3], x.shape[3])
        return keras.KerasTensor(shape, x.dtype)
