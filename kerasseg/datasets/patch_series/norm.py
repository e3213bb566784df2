"""Files of means and standard deviations, `NORM_S2_patch.json` and the like."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation per band, float64 `(C,)`, in stored units."""

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, image: np.ndarray) -> "Norm":
        """Measure one patch, `(T, C, H, W)`."""
        axes = (0, 2, 3)
        return cls(image.mean(axes, np.float64), image.std(axes, np.float64))

    @classmethod
    def average(cls, norms: Iterable["Norm"]) -> "Norm":
        """Average means, and average standard deviations, as PASTIS does."""
        norms = list(norms)
        mean = np.mean([norm.mean for norm in norms], axis=0)
        return cls(mean, np.mean([norm.std for norm in norms], axis=0))

    def restated(self, image: np.ndarray, own: "Norm") -> np.ndarray:
        """Rescale `(..., C)`, so that this norm does to it what its own would have.

        Returns:
            float32.
        """
        gain = self.std / own.std
        offset = self.mean - own.mean * gain
        return image * gain.astype(np.float32) + offset.astype(np.float32)


def read_norms(
    path: Path, names: Iterable[str], num_bands: int, cure: str
) -> dict[str, Norm]:
    """Read entries of a file `{"Fold_1": {"mean": [...], "std": [...]}, ...}`.

    Args:
        path: The file.
        names: The entries asked for.
        num_bands: How many numbers each mean and deviation has.
        cure: What to do about a missing or damaged file, a sentence.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not such a file, or an entry is missing or wrong.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"no {path.name} at {path.parent}, which says how bands are normalised. "
            f"{cure}"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}). {cure}") from None
    entries = content if isinstance(content, dict) else {}
    return {name: _norm(path, entries, name, num_bands, cure) for name in names}


def _norm(path: Path, entries: dict, name: str, num_bands: int, cure: str) -> Norm:
    if name not in entries:
        raise ValueError(
            f"{path} knows {', '.join(entries) or 'nothing'}, but not {name}. {cure}"
        )
    try:
        mean, std = (np.array(entries[name][key], float) for key in ("mean", "std"))
    except (KeyError, TypeError, ValueError):
        mean = std = np.zeros(0)
    right = mean.shape == std.shape == (num_bands,) and np.isfinite(mean).all()
    if not right or not (std > 0).all() or not np.isfinite(std).all():
        raise ValueError(
            f"{path}: {name} does not have `mean` and `std` of {num_bands} numbers "
            f"each, deviations above zero. {cure}"
        )
    return Norm(mean, std)
