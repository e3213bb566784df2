"""A model that predicts for one sample after the other, in the memory of one."""

import keras
from keras import ops, tree

from kerasseg.layers.in_chunks import in_chunks


@keras.saving.register_keras_serializable(package="kerasseg")
class OneByOne(keras.Model):
    """A functional model whose predictions see the samples of a batch one by one.

    In training it is the model that it would be without. Nothing changes either for a
    prediction in which samples do not see each other, but what a batch needs at once.
    """

    def call(self, inputs, training=None, mask=None):
        inner, variables = super().call, self.variables
        if training:
            return inner(inputs, training=training)
        first, *others = tree.flatten(inputs)
        like = []

        def compute(sample, start, weights, others):
            given = [sample, *(_cut(x, start, ops.shape(sample)[0]) for x in others)]
            mapping = list(zip(variables, weights, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                found = inner(tree.pack_sequence_as(inputs, given), training=training)
            like[:] = [found]
            return tree.flatten(found)

        weights = [ops.convert_to_tensor(variable) for variable in variables]
        found = in_chunks(compute, first, weights, others, size=1)
        return tree.pack_sequence_as(like[0], found)


def _cut(x, start, length):
    _, *rest = ops.shape(x)
    return ops.slice(x, (start, *(0 for _ in rest)), (length, *rest))
