"""Losses, from logits, that an unlabelled pixel cannot touch.

Each takes labels `(B, H, W)`, the class indices in any number type, and logits
`(B, H, W, C)`, and returns a scalar. Three rules hold for all of them.

A pixel labelled `ignore`, or with an index that is no class (255 fills a padded batch,
whatever `ignore` is), takes no part: neither its truth nor its prediction enters a sum,
so its gradient is exactly zero, in Jaccard and Dice too. A batch of such pixels alone
has loss 0 and gradient 0. If `ignore` is the index of a class, that class is also left
out of every mean over classes.

Class weights are relative: each loss is a weighted mean, over the observed pixels by
the weight of their class (cross entropy, focal), or over the classes (Jaccard, Dice).
So doubling all weights changes nothing, a weight of 0 leaves a class out, and no loss
becomes negative. `scores.inverse_weights` makes them from class counts.

Probabilities are never formed where their logarithm is meant, so no clipping is needed
and a pixel that is certain and wrong still learns.

`boundary` is none that a recipe names: it is that of a second head, and a fit adds it
to the recipe's loss where the model has one.

Source:
    The formulas of `cross_entropy` are those of PyTorch, the others those of P.
    Iakubovskii, segmentation_models, 2019,
    https://github.com/qubvel/segmentation_models, with two differences. There class
    weights multiply the scores without being normalised; equal for weights of mean 1.
    There cross entropy is divided by the number of classes before Jaccard or Dice is
    added; here the sums add the losses as they stand.
"""

from kerasseg.losses.neighbourhood import boundary, neighbour_cross_entropy
from kerasseg.losses.overlap import dice, jaccard
from kerasseg.losses.pixelwise import cross_entropy, focal, recall_cross_entropy
from kerasseg.losses.sums import (
    cross_entropy_dice,
    cross_entropy_jaccard,
    focal_dice,
    focal_jaccard,
)

__all__ = [
    "boundary",
    "cross_entropy",
    "cross_entropy_dice",
    "cross_entropy_jaccard",
    "dice",
    "focal",
    "focal_dice",
    "focal_jaccard",
    "jaccard",
    "neighbour_cross_entropy",
    "recall_cross_entropy",
]
