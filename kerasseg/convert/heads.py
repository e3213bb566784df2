"""Plain logits, written as the published head that gives the same classes.

The published models end in batch normalisation and ReLU, and their code refuses a
state dict without. A constant added to all logits of a pixel changes neither its class
nor the probabilities; a large one lets the ReLU cut nothing off.
"""

import re
from pathlib import Path

import numpy as np

_EPSILON = 1e-5
_OFFSET = 100.0
"""Above any logit, and small enough that float32 keeps five digits behind the point."""


def published(state: dict[str, np.ndarray], model: Path) -> dict[str, np.ndarray]:
    """Add a normalisation behind each plain head.

    Args:
        state: Tensors by their published names.
        model: The file they are of, for messages.

    Raises:
        ValueError: If the published head is of another kind: inverted residuals.
    """
    whole = dict(state)
    for head in ("out_conv", "boundary_conv"):
        last = _last(state, head)
        if last is None:
            continue
        if any(key.startswith("in_conv.conv.conv.0.0.0.") for key in state):
            raise ValueError(
                f"{model} ends in plain logits, which the published code cannot after "
                "inverted residual blocks. Train it with `head: published`."
            )
        whole |= _identity(f"{head}.conv.conv.{last + 1}", _outputs(state, head, last))
    return whole


def _last(state: dict[str, np.ndarray], head: str) -> int | None:
    """Return the number of the convolution that ends a head, if one does."""
    pattern = re.compile(rf"{head}\.conv\.conv\.(\d+)\.weight")
    numbers = [int(found[1]) for found in map(pattern.fullmatch, state) if found]
    last = max(numbers, default=None)
    if last is None or state[f"{head}.conv.conv.{last}.weight"].ndim != 4:
        return None
    return last


def _outputs(state: dict[str, np.ndarray], head: str, number: int) -> int:
    return len(state[f"{head}.conv.conv.{number}.weight"])


def _identity(name: str, width: int) -> dict[str, np.ndarray]:
    ones = np.ones(width, np.float32)
    return {
        f"{name}.weight": ones,
        f"{name}.bias": ones * np.float32(_OFFSET),
        f"{name}.running_mean": 0 * ones,
        f"{name}.running_var": ones * np.float32(1 - _EPSILON),
        f"{name}.num_batches_tracked": np.array(0, np.int64),
    }
