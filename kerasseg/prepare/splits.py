"""Share patches out to train, val and test so that neighbours do not leak."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from kerasseg.sample import check_fractions

SPLITS = ("train", "val", "test")

By = Literal["scene", "block", "random"]


@dataclass(frozen=True)
class Plan:
    """How patches are shared out.

    Args:
        by: What stays together: a whole `"scene"`, a square `"block"` of a scene, or
            nothing (`"random"`; neighbours then stand on both sides, and the scores
            flatter).
        fractions: Shares of train, val and test, at most 1 together; what is left
            goes to all alike. A share of 0 is an empty split.
        patterns: For a split, glob patterns of the scenes it consists of. The other
            scenes go to the other splits, by their fractions.
        seed: Another seed, another draw.
        buffer: Distance that splits keep, or None: they must not overlap.
    """

    by: By = "scene"
    fractions: tuple[float, float, float] = (0.7, 0.2, 0.1)
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 1
    buffer: float | None = None

    def __post_init__(self):
        check_fractions(self.fractions)
        if self.by not in ("scene", "block", "random"):
            raise ValueError(f'split {self.by!r}. Choose "scene", "block" or "random".')

    def shares(self) -> dict[str, float]:
        """Return the fractions of the splits that no pattern fills."""
        pairs = zip(SPLITS, self.fractions, strict=True)
        return {s: share for s, share in pairs if share and not self.patterns.get(s)}

    def fixed(self, scenes: Sequence[str]) -> dict[str, str]:
        """Map the scenes that patterns name to their split.

        Raises:
            ValueError: If a pattern names no scene, or two splits name one scene.
        """
        placed: dict[str, str] = {}
        for split, patterns in self.patterns.items():
            for pattern in patterns:
                named = [scene for scene in scenes if fnmatchcase(scene, pattern)]
                if not named:
                    raise ValueError(
                        f"{split}: pattern {pattern!r} names no scene. There are "
                        f"{', '.join(list(scenes)[:8])}{', …' * (len(scenes) > 8)}."
                    )
                for scene in named:
                    if placed.setdefault(scene, split) != split:
                        raise ValueError(
                            f"scene {scene!r} is named by {placed[scene]} and by "
                            f"{split}. Narrow one of the patterns."
                        )
        return placed


def check(plan: Plan, scenes: Sequence[str], units: Sequence[Collection[str]]) -> None:
    """Tell, before anything is cut, whether the plan can fill its splits.

    Args:
        plan: How patches are shared out.
        scenes: All scenes.
        units: Of each scene, the names of what stays together in it: its place, which
            other scenes may share, or its blocks.

    Raises:
        ValueError: If there are fewer units than splits to fill.
    """
    fixed = plan.fixed(scenes)
    pairs = zip(scenes, units, strict=True)
    free = {unit for scene, names in pairs if scene not in fixed for unit in names}
    shares = plan.shares()
    if len(free) < len(shares):
        raise ValueError(
            f"{len(free)} {plan.by}{'s' * (len(free) != 1)} cannot fill "
            f"{' and '.join(shares)}: a split would be empty. {_CURES[plan.by]}, name "
            "scenes per split, or set fractions to 0."
        )


_CURES = {"scene": "Split by blocks (--split block)", "block": "Give a smaller block"}


def assign(
    plan: Plan, scenes: Sequence[str], units: Sequence[str], counts: np.ndarray
) -> list[str]:
    """Give each patch its split.

    Units (scenes, blocks or patches) are dealt out, large ones first, each to the
    split that still lacks most of what the unit holds, class by class, so that rare
    classes are shared as well as the number of units allows (after Sechidis et al.,
    On the Stratification of Multi-Label Data, 2011). Equal data and seed give equal
    splits.

    Args:
        plan: How.
        scenes: The scene of each patch.
        units: What stays together: patches of one unit share a split.
        counts: Pixels per class of each patch, `(P, K)`.

    Raises:
        ValueError: If a split would be empty.
    """
    placed = plan.fixed(sorted(set(scenes)))
    held: dict[str, np.ndarray] = {}
    for scene, unit, count in zip(scenes, units, counts, strict=True):
        if scene not in placed:
            held[unit] = held.get(unit, 0) + np.append(count, count.sum())
    dealt = _deal(plan, held)
    splits = [
        placed.get(scene) or dealt[unit]
        for scene, unit in zip(scenes, units, strict=True)
    ]
    check_filled(plan, splits, f"{len(held)} units ({plan.by})")
    return splits


def check_filled(plan: Plan, splits: Sequence[str], units: str) -> None:
    """See to it that each split that is asked for has a patch.

    Args:
        plan: How patches were shared out.
        splits: The split of each patch.
        units: What was shared out, for the message.

    Raises:
        ValueError: If one would be empty.
    """
    wanted = [split for split in SPLITS if split in plan.shares()]
    wanted += [split for split in plan.patterns if plan.patterns[split]]
    empty = [split for split in wanted if split not in splits]
    if empty:
        raise ValueError(
            f"{' and '.join(empty)} would be empty: {units} for {len(wanted)} splits. "
            "Give more scenes, split by smaller blocks (--split block --block), give a "
            "smaller --buffer, or set the fraction to 0."
        )


def _deal(plan: Plan, held: dict[str, np.ndarray]) -> dict[str, str]:
    """Deal units out to splits; the vectors are pixels per class and in all."""
    names = sorted(held)
    shares = plan.shares()
    if names and not shares:
        raise ValueError(
            f"scene {names[0]!r} is named by no split, and every split has patterns. "
            "Name all scenes, or leave one split without patterns."
        )
    if not names:
        return {}
    vectors = np.array([held[name] for name in names], float)
    vectors /= np.maximum(vectors.sum(axis=0), 1)
    fractions = np.array(list(shares.values())) / sum(shares.values())
    lack = np.tile(fractions[:, None], (1, vectors.shape[1]))
    noise = np.random.default_rng(plan.seed).permutation(len(names))
    dealt = {}
    for index in sorted(
        range(len(names)), key=lambda i: (-_size(vectors[i]), noise[i])
    ):
        # What a split lacks, relative to what it should have: an empty one lacks 1.
        gain = (lack / fractions[:, None]) @ vectors[index]
        chosen = int(np.lexsort((-fractions, -np.round(gain, 9)))[0])
        lack[chosen] -= vectors[index]
        dealt[names[index]] = list(shares)[chosen]
    return dealt


def _size(vector: np.ndarray) -> float:
    """Return the pixels of a unit in eighths of an octave, so that seeds matter."""
    return float(np.round(8 * np.log2(max(vector[-1], 1e-12))))
