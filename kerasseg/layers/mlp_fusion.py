"""The all-MLP head of SegFormer: maps of every size are projected and added up."""

import keras
from keras import ops

from kerasseg.layers.resize import resized


@keras.saving.register_keras_serializable(package="kerasseg")
class MlpFusion(keras.layers.Layer):
    """Projects maps of several sizes, enlarges them to the finest and fuses them.

    Published, each map is projected to `width` channels and enlarged, and a second
    projection of all their channels side by side fuses them. Both are linear and
    enlarging commutes with them, so here the two kernels are multiplied with each
    other first, which is little work, and the maps are projected once, at their own
    sizes: a tenth of the work, the same weights and the same answer up to rounding.

    Args:
        width: Channels of the projections and of the answer.

    Call arguments:
        maps: A list of `(B, H, W, C)`, finest first.

    Returns:
        `(B, H, W, width)`, as large as the first map.

    Source:
        Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation
        with Transformers", 2021, https://arxiv.org/abs/2105.15203. Weights have the
        names and shapes of Hugging Face's `SegformerDecodeHead`, which lays the
        coarsest map first.
    """

    def __init__(self, width=256, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, shapes):
        normal = keras.initializers.TruncatedNormal(stddev=0.02)
        self.kernels, self.biases = [], []
        for number, shape in enumerate(shapes):
            name = f"linear_c.{number}.proj"
            kernel = (shape[-1], self.width)
            self.kernels.append(self.add_weight(kernel, normal, name=f"{name}.kernel"))
            bias = self.add_weight((self.width,), "zeros", name=f"{name}.bias")
            self.biases.append(bias)
        self.fuse = self.add_weight(
            (1, 1, len(shapes) * self.width, self.width),
            keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
            name="linear_fuse.kernel",
        )

    def call(self, maps):
        _, height, width, _ = ops.shape(maps[0])
        fuse = ops.split(ops.convert_to_tensor(self.fuse)[0, 0], len(maps))[::-1]
        total = sum(
            ops.matmul(b[None], f) for b, f in zip(self.biases, fuse, strict=True)
        )
        for x, kernel, part in zip(maps, self.kernels, fuse, strict=True):
            projected = ops.matmul(x, ops.matmul(kernel, part))
            total = total + resized(projected, height, width)
        return total

    def compute_output_shape(self, shapes):
        return (*shapes[0][:-1], self.width)

    def get_config(self):
        return {**super().get_config(), "width": self.width}
