"""Share the patches of a scene out to train, val and test."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kerasseg.raster import Window
from kerasseg.sample import check_fractions

SPLITS = ("train", "val", "test")
_BLOCKS = 8
"""Blocks along the longer side of a scene, where nothing else is said."""


def by_file(path: Path, ids: Sequence[str]) -> dict[str, list[int]]:
    """Read which patch is in which split: JSON, `{"r0_c64": "train", ...}`.

    Patches it does not name are in none.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not such a file, or names other patches.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no splits at {path}. Correct the path.")
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        wrong = {split for split in named.values() if split not in SPLITS}
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            f'{path}: not splits. Write JSON such as {{"r0_c64": "train"}}.'
        ) from None
    if wrong:
        raise ValueError(
            f"{path}: split {sorted(wrong)[0]!r}. Choose from: {', '.join(SPLITS)}."
        )
    places = {name: place for place, name in enumerate(ids)}
    strange = [name for name in named if name not in places]
    if strange:
        raise ValueError(
            f"{path}: no patch {strange[0]!r} with a labelled pixel. There are "
            f"{', '.join(ids[:4])}{', …' * (len(ids) > 4)}."
        )
    return {
        split: [places[name] for name in named if named[name] == split]
        for split in SPLITS
    }


def by_quarter(
    quarters: Mapping[str, Sequence[int]],
    windows: Sequence[Window],
    height: int,
    width: int,
) -> dict[str, list[int]]:
    """Split by the quarter of the scene that the centre of a patch lies in.

    Args:
        quarters: Of each split: 1 upper left, 2 upper right, 3 lower left, 4 lower
            right. Splits may share a quarter.
        windows: The patches.
        height: Rows of the scene.
        width: Columns of the scene.

    Raises:
        ValueError: If a split or a quarter is none.
    """
    for split, wanted in quarters.items():
        if split not in SPLITS or not {*wanted} <= {1, 2, 3, 4}:
            raise ValueError(
                f"quarters: {split!r}: {list(wanted)}. Give quarters 1 (upper left) "
                "to 4 (lower right) to train, val and test."
            )
    lying = [
        1
        + 2 * (2 * window.row + window.height >= height)
        + (2 * window.column + window.width >= width)
        for window in windows
    ]
    return {
        split: [place for place, quarter in enumerate(lying) if quarter in wanted]
        for split, wanted in quarters.items()
    }


def by_block(
    windows: Sequence[Window],
    counts: np.ndarray,
    fractions: Sequence[float],
    block: int | None,
    seed: int,
) -> dict[str, list[int]]:
    """Deal out square blocks of patches, so that neighbours mostly share a split.

    Large blocks first, each goes to the split that lacks most of what it holds, class
    by class (after Sechidis et al., On the Stratification of Multi-Label Data, 2011).

    Args:
        windows: The patches.
        counts: Pixels per class of each patch, `(P, K)`.
        fractions: Shares of train, val and test.
        block: Patches along a block's side; by default an eighth of the scene.
        seed: Another seed, another draw.

    Raises:
        ValueError: If the shares are not three, or are more than all.
    """
    check_fractions(fractions)
    places = np.array([(w.row // w.height, w.column // w.width) for w in windows])
    side = block or max(1, (int(places.max()) + 1) // _BLOCKS)
    _, unit = np.unique(places // side, axis=0, return_inverse=True)
    held = np.zeros((unit.max() + 1, counts.shape[1] + 1))
    np.add.at(held, unit.ravel(), np.column_stack([counts, counts.sum(axis=1)]))
    held /= np.maximum(held.sum(axis=0), 1)
    shares = np.array(fractions, float) / sum(fractions)
    filled = np.flatnonzero(shares)
    lack = np.repeat(shares[filled, None], held.shape[1], axis=1)
    drawn = np.random.default_rng(seed).permutation(len(held))
    split = np.empty(len(held), int)
    # Sizes in eighths of an octave, so that nearly equal blocks come in a drawn order.
    sizes = np.round(8 * np.log2(np.maximum(held[:, -1], 1e-12)))
    for one in np.lexsort((drawn, -sizes)):
        gain = (lack / shares[filled, None]) @ held[one]
        chosen = np.lexsort((-shares[filled], -np.round(gain, 9)))[0]
        lack[chosen] -= held[one]
        split[one] = filled[chosen]
    return {
        name: np.flatnonzero(split[unit.ravel()] == place).tolist()
        for place, name in enumerate(SPLITS)
    }
