"""STENN's table of sinusoids: computed here, stored in its checkpoints.

Source:
    STENN (stenn-pytorch, MIT) saves sines and cosines in turn, with base 10000, for 400
    days.
"""

from collections.abc import Mapping

import numpy as np

_NAME = "position_embedding.pe"
_DAYS, _BASE = 400, 10_000
_TOLERANCE = 2e-4
"""PyTorch computes the angles, up to 400, in single precision."""


def accepts(name: str, tensor: np.ndarray) -> bool:
    """Tell whether a tensor is the table.

    Raises:
        ValueError: If it is called so and is another.
    """
    if name != _NAME:
        return False
    width = tensor.shape[-1]
    table = tensor.reshape(-1, width)  # some versions keep an axis for the batch
    expected = _table(len(table), width)
    if not np.allclose(table, expected, rtol=0, atol=_TOLERANCE):
        raise ValueError(
            f"{name} is not the table of sines and cosines with base {_BASE} that the "
            "model computes. Such a checkpoint gives other answers here."
        )
    return True


def tables(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the table that goes with a state dict, if its model has one."""
    inward = state.get("transformer_encoder.layers.0.self_attn.in_proj_weight")
    return {} if inward is None else {_NAME: _table(_DAYS, inward.shape[1])}


def _table(days: int, width: int) -> np.ndarray:
    """Return the table, float32 `(days, width)`."""
    frequency = _BASE ** (-2.0 * (np.arange(width) // 2) / width)
    angle = np.arange(days)[:, np.newaxis] * frequency
    even = np.arange(width) % 2 == 0
    return np.where(even, np.sin(angle), np.cos(angle)).astype(np.float32)
