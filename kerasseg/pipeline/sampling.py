"""Which samples an epoch draws how often, so that rare classes are seen.

Copies of patches on disk would do the same, for the price of the disk, and each epoch
would see the same ones.
"""

from collections.abc import Sequence

import numpy as np

from kerasseg.sample import Dataset


def weights(dataset: Dataset, threshold: float | None) -> tuple[float, ...] | None:
    """Weigh samples by their rarest class.

    A class that a share `f` of the samples holds counts `max(1, √(threshold / f))`; a
    sample counts as the class of it that counts most.

    Args:
        dataset: One that counts the classes of each sample, as `counts` `(P, K)`.
        threshold: The share below which a class is rare; None: no sample counts more.

    Raises:
        ValueError: If the dataset does not count them.

    Source:
        Repeat-factor sampling of Gupta et al., "LVIS: A Dataset for Large Vocabulary
        Instance Segmentation", 2019, https://arxiv.org/abs/1908.03195. There an epoch
        grows with the factors; here it keeps its length.
    """
    if threshold is None:
        return None
    counts = getattr(dataset, "counts", None)
    if counts is None:
        raise ValueError(
            f"training.oversample: {type(dataset).__name__} does not count the classes "
            "of each sample. Leave it out, or prepare patches."
        )
    held = np.asarray(counts) > 0  # (P, K)
    share = held.mean(axis=0)
    factors = np.sqrt(threshold / np.where(share > 0, share, 1.0)).clip(1)
    return tuple(np.where(held, factors, 1.0).max(axis=1).tolist())


def draw(weights: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Draw as many samples as there are, in random order, int `(P,)`.

    Drawn at even steps along the weights laid end to end, so that a sample comes as
    often as its weight asks for, give or take one.
    """
    ends = np.cumsum(weights)
    steps = (np.arange(len(ends)) + rng.random()) * (ends[-1] / len(ends))
    # Laid out in random order, or neighbours would share a fate in every epoch.
    order = rng.permutation(len(ends))
    drawn = np.searchsorted(np.cumsum(np.asarray(weights)[order]), steps, side="right")
    return rng.permutation(order[np.minimum(drawn, len(ends) - 1)])
