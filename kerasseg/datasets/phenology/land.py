"""Parcels: cells around scattered points, with tracks between some of them."""

import numpy as np

TRACK = 0
"""The number of the parcel that all tracks together make."""


def parcels(rng: np.random.Generator, size: int, width: float = 13) -> np.ndarray:
    """Divide a square into parcels, int32 `(H, W)`: 0 is track, then 1, 2, ...

    Args:
        rng: Where the parcels are.
        size: Pixels along a side.
        width: Pixels across a parcel, more or less.
    """
    margin = 1.5 * width
    steps = int(np.ceil((size + 2 * margin) / width))
    grid = np.indices((steps, steps)).reshape(2, -1).T * width - margin
    points = grid + rng.uniform(-0.42, 0.42, grid.shape) * width
    rows, columns = np.indices((size, size), np.float64)
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 1.5)
    along, across = _turned(rows, columns, turn)
    far, near = _turned(points[:, 0], points[:, 1], turn)
    distances = np.hypot(
        (along[..., None] - far) / stretch, (across[..., None] - near) * stretch
    )
    order = np.argsort(distances, axis=-1)[..., :2]
    first, second = np.moveaxis(np.take_along_axis(distances, order, -1), -1, 0)
    # A track follows the whole border of two parcels or none of it.
    pairs = np.sort(order, axis=-1)
    has_track = rng.random((len(points), len(points))) < 0.5
    on_track = (second - first < 1.1) & has_track[pairs[..., 0], pairs[..., 1]]
    _, numbers = np.unique(order[..., 0], return_inverse=True)
    return np.where(on_track, TRACK, numbers.reshape(size, size) + 1).astype(np.int32)


def at_the_edge(numbers: np.ndarray) -> set[int]:
    """Return the parcels that reach beyond the square."""
    edge = (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1])
    return set(np.concatenate(edge).tolist()) - {TRACK}


def _turned(
    rows: np.ndarray, columns: np.ndarray, turn: float
) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.cos(turn) * rows + np.sin(turn) * columns,
        np.cos(turn) * columns - np.sin(turn) * rows,
    )
