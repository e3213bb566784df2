"""Which folds a split is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Folds:
    """The folds of the split that is loaded, and those of the training split."""

    split: tuple[int, ...]
    train: tuple[int, ...]


def official(run: int) -> dict[str, tuple[int, ...]]:
    """Return the folds of one of the five official runs.

    Raises:
        ValueError: If there is no such run.
    """
    if run not in range(1, 6):
        raise ValueError(f"run {run!r}. PASTIS has five official runs, 1 to 5.")
    first, second, third, fourth, fifth = ((run + i - 1) % 5 + 1 for i in range(5))
    return {"train": (first, second, third), "val": (fourth,), "test": (fifth,)}


def choose(
    split: str,
    run: int,
    folds: Mapping[str, Sequence[int]] | None,
    known: Sequence[int],
    where: Path,
) -> Folds:
    """Find the folds of a split, and those of training.

    Folds of an official run that the data lack are left out, so that a part of PASTIS
    can be read; those that `folds` names must be there.

    Args:
        split: Which split.
        run: Which official run.
        folds: Folds by split, instead of a run.
        known: The folds that have patches.
        where: The metadata, for messages.

    Raises:
        ValueError: If no patch is left, or `folds` are not what they must be.
    """
    if split not in SPLITS:
        raise ValueError(f"split {split!r}. Choose from: {', '.join(SPLITS)}.")
    by_split = official(run) if folds is None else _given(folds, split, known, where)
    chosen, train = (
        tuple(fold for fold in by_split[name] if fold in known)
        for name in (split, "train")
    )
    for name, found in ((split, chosen), ("train", train)):
        if not found:
            raise ValueError(
                f"{where}: no patch in split {name!r}, fold "
                f"{_listed(by_split[name])}; there are folds {_listed(known)}. Choose "
                "another `run`, or name `folds` for train, val and test."
            )
    return Folds(chosen, train)


def _given(
    folds: Mapping[str, Sequence[int]], split: str, known: Sequence[int], where: Path
) -> Mapping[str, Sequence[int]]:
    lacking = [name for name in ("train", split) if name not in folds]
    strange = [name for name in folds if name not in SPLITS]
    if lacking or strange:
        raise ValueError(
            f"folds for {_listed(folds) or 'nothing'}. Name folds for train, val and "
            "test, such as {train: [1, 2, 3], val: [4], test: [5]}."
        )
    unknown = [fold for fold in (*folds["train"], *folds[split]) if fold not in known]
    if unknown:
        raise ValueError(
            f"{where}: no fold {unknown[0]!r}; there are folds {_listed(known)}. "
            "Correct `folds`."
        )
    return folds


def _listed(values: Sequence) -> str:
    return ", ".join(map(str, values))
