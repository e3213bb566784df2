"""Shapes of a painted landscape: parcels, ways, polygons; points are (x, y)."""

import cv2
import numpy as np


def parcels(
    rng: np.random.Generator, height: int, width: int
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Halve a rectangle until all parts are parcels: (rows, columns) from and to."""
    todo, done = [((0, height), (0, width))], []
    while todo:
        rows, columns = todo.pop()
        tall, wide = rows[1] - rows[0], columns[1] - columns[0]
        if max(tall, wide) < 260 or (max(tall, wide) < 480 and rng.random() < 0.25):
            done.append((rows, columns))
            continue
        share = rng.uniform(0.3, 0.7)
        if tall > wide:
            middle = rows[0] + int(share * tall)
            todo += [((rows[0], middle), columns), ((middle, rows[1]), columns)]
        else:
            middle = columns[0] + int(share * wide)
            todo += [(rows, (columns[0], middle)), (rows, (middle, columns[1]))]
    return done


def turned(
    shape: tuple[int, int],
    turn: float,
    rows: tuple[int, int],
    columns: tuple[int, int],
    span: int,
) -> np.ndarray:
    """Turn a rectangle of the parcel plan about its middle: corners (x, y)."""
    xs = np.array([columns[0], columns[1], columns[1], columns[0]], float)
    ys = np.array([rows[0], rows[0], rows[1], rows[1]], float)
    cosine, sine = np.cos(turn), np.sin(turn)
    corners = np.stack([xs, ys], axis=1) - span / 2
    corners = corners @ np.array([[cosine, sine], [-sine, cosine]])
    return corners + np.array([shape[1] / 2, shape[0] / 2])


def around(
    corners: np.ndarray, shape: tuple[int, int], margin: int
) -> tuple[slice, slice] | None:
    """Return the slices about corners (x, y) that lie in the scene, or None."""
    left, top = np.maximum(corners.min(axis=0).astype(int) - margin, 0)
    right, bottom = corners.max(axis=0).astype(int) + margin + 1
    right, bottom = min(right, shape[1]), min(bottom, shape[0])
    return (
        (slice(top, bottom), slice(left, right))
        if top < bottom and left < right
        else None
    )


def path(rng: np.random.Generator, shape: tuple[int, int], bend: float) -> np.ndarray:
    """Return a smooth way across the scene, points (x, y) some 20 pixels apart."""
    height, width = shape
    angle = rng.uniform(0, np.pi)
    ahead = np.array([np.cos(angle), np.sin(angle)])
    reach = 0.75 * np.hypot(height, width)
    along = np.arange(-reach, reach, 20.0)
    through = rng.uniform(0.12, 0.88, 2) * (width, height)
    swing = rng.uniform(0.4, 1) * bend * reach
    waves = swing * np.sin(along * rng.uniform(2, 5) / reach + rng.uniform(0, 6))
    return through + np.outer(along, ahead) + np.outer(waves, (-ahead[1], ahead[0]))


def strip(shape: tuple[int, int], path: np.ndarray, width: int) -> np.ndarray:
    canvas = np.zeros(shape, np.uint8)
    cv2.polylines(canvas, [path.round().astype(np.int32)], False, 1, width)
    return canvas.astype(bool)


def filled(shape: tuple[int, int], corners: np.ndarray) -> np.ndarray:
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [corners.round().astype(np.int32)], 1)
    return canvas.astype(bool)


def without_crumbs(where: np.ndarray, size: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel).astype(bool)
