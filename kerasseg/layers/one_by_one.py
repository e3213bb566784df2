"""A model that predicts for one sample after the other, in the memory of one."""

import keras
from keras import ops, tree

from kerasseg import backend
from kerasseg.layers.in_chunks import layers_in_chunks


@keras.saving.register_keras_serializable(package="kerasseg")
class OneByOne(keras.Model):
    """A functional model whose predictions see the samples of a batch one by one.

    In training it is the model that it would be without. Nothing changes either for a
    prediction in which samples do not see each other, but what a batch needs at once.
    A process that has such a model keeps no large block of memory that was freed.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        backend.save_memory()

    def call(self, inputs, training=None, mask=None):
        inner = super().call
        if training:
            return inner(inputs, training=training)
        first, *others = tree.flatten(inputs)
        like = []

        def compute(sample, start, others):
            given = [sample, *(_cut(x, start, ops.shape(sample)[0]) for x in others)]
            found = inner(tree.pack_sequence_as(inputs, given), training=training)
            like[:] = [found]
            return tree.flatten(found)

        found = layers_in_chunks(compute, first, self.variables, others, size=1)
        return tree.pack_sequence_as(like[0], found)


def _cut(x, start, length):
    _, *rest = ops.shape(x)
    return ops.slice(x, (start, *(0 for _ in rest)), (length, *rest))
