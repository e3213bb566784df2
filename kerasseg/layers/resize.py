"""Bilinear resizing, exact in both of its readings and on every backend."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasseg")
class BilinearUpsampling(keras.layers.Layer):
    """Enlarges a map by a whole factor with bilinear interpolation.

    Two readings of a pixel are in use. With `align_corners` the centres of the
    corner pixels stay where they are; without, pixels are squares and the outer
    edges of the map stay (half-pixel centres, borders repeated, no antialias).
    Keras knows the second only. Both are computed without gather, whose gradient
    is a slow scatter on a CPU.

    Args:
        factor: How many times height and width grow.
        align_corners: The reading.

    Call arguments:
        x: `(B, H, W, C)`.

    Returns:
        `(B, H * factor, W * factor, C)`.

    Source:
        The two conventions are those of `torch.nn.functional.interpolate`,
        https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html.
    """

    def __init__(self, factor=2, align_corners=False, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.align_corners = align_corners

    def call(self, x):
        if self.factor == 2 and not self.align_corners:
            return _double(_double(x, axis=1), axis=2)
        _, height, width, _ = ops.shape(x)
        return bilinear(
            x, height * self.factor, width * self.factor, self.align_corners
        )

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        height, width = (size and size * self.factor for size in (height, width))
        return batch, height, width, channels

    def get_config(self):
        return {
            **super().get_config(),
            "factor": self.factor,
            "align_corners": self.align_corners,
        }


@keras.saving.register_keras_serializable(package="kerasseg")
class ResizeLike(keras.layers.Layer):
    """Resizes a map to the size of another with bilinear interpolation.

    A map of that size already passes as it is.

    Args:
        align_corners: The reading of a pixel; see `BilinearUpsampling`.

    Call arguments:
        x: The map, `(B, h, w, C)`.
        like: `(B, H, W, C')`; only its size matters.

    Returns:
        `(B, H, W, C)`. Made smaller, pixels are picked as PyTorch does, not averaged.
    """

    def __init__(self, align_corners=False, **kwargs):
        super().__init__(**kwargs)
        self.align_corners = align_corners

    def call(self, x, like):
        _, height, width, _ = ops.shape(like)
        return resized(x, height, width, self.align_corners)

    def compute_output_spec(self, x, like):
        shape = (x.shape[0], *like.shape[1:3], x.shape[3])
        return keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "align_corners": self.align_corners}


def resized(x, height, width, align_corners=False):
    """Resize a map as `bilinear` does, and pass one that has the size already."""
    _, old_height, old_width, _ = ops.shape(x)
    sizes = height, width, old_height, old_width
    known = all(isinstance(size, int) for size in sizes)
    if known and (height, width) == (old_height, old_width):
        return x
    return bilinear(x, height, width, align_corners)


def bilinear(x, height, width, align_corners=False):
    """Resize a map `(B, H, W, C)` to any `(height, width)`, bilinearly.

    Each axis is one product with a matrix that holds two weights per row. The
    positions are computed in whole numbers, so that they are exact for any size.
    """
    _, old_height, old_width, _ = ops.shape(x)
    rows = weights(old_height, height, align_corners)
    columns = weights(old_width, width, align_corners)
    x = ops.einsum("bhwc,yh->bywc", x, ops.cast(rows, x.dtype))
    return ops.einsum("bywc,xw->byxc", x, ops.cast(columns, x.dtype))


def weights(old, new, align_corners=False):
    """Weights `(new, old)` of the old pixels in each of the new ones."""
    target = ops.expand_dims(ops.arange(new, dtype="int32"), 1)  # (new, 1)
    source = ops.arange(old, dtype="int32")  # (old,)
    if align_corners:
        scale = ops.maximum(ops.convert_to_tensor(new - 1, dtype="int32"), 1)
        position = target * (old - 1)
    else:
        scale = ops.convert_to_tensor(2 * new, dtype="int32")
        position = ops.clip((2 * target + 1) * old - new, 0, (old - 1) * scale)
    distance = ops.abs(position - source * scale)
    return ops.relu(1 - ops.cast(distance, "float32") / ops.cast(scale, "float32"))


def _double(x, axis):
    """Double one axis: each new pixel is 3/4 its own and 1/4 its nearer neighbour."""
    size = ops.shape(x)[axis]
    before = ops.concatenate([_slice(x, axis, 0, 1), _slice(x, axis, 0, -1)], axis)
    after = ops.concatenate([_slice(x, axis, 1, None), _slice(x, axis, -1, None)], axis)
    pair = ops.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1)
    shape = list(ops.shape(x))
    shape[axis] = 2 * size
    return ops.reshape(pair, shape)


def _slice(x, axis, start, stop):
    index = [slice(None)] * axis + [slice(start, stop)]
    return x[tuple(index)]
