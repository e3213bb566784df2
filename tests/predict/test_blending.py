"""Windows cover a scene, their weights sum to one, and memory does not grow."""

import numpy as np
import pytest

from kerasseg.predict.blending import Axis, Mosaic, most_likely

pytestmark = pytest.mark.once

LENGTHS = [1, 5, 16, 17, 31, 32, 33, 100, 257]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("overlap", [0, 1, 4, 8])
def test_windows_cover_the_scene_and_share_at_least_the_overlap(length, overlap):
    starts = Axis(length, 16, overlap).starts
    assert starts[0] == 0
    assert starts[-1] == max(length - 16, 0)
    steps = np.diff(starts)
    assert np.all(steps > 0)
    assert np.all(steps <= 16 - overlap)


@pytest.mark.parametrize("length", LENGTHS)
def test_no_more_windows_than_needed(length):
    for overlap in (0, 3, 8):
        needed = 1
        while needed * 16 - (needed - 1) * overlap < length:
            needed += 1
        assert len(Axis(length, 16, overlap).starts) == needed


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("overlap", [0, 1, 4, 8])
def test_weights_sum_to_one_and_are_never_zero(length, overlap):
    axis = Axis(length, 16, overlap)
    total = np.zeros(max(length, 16))
    for start, weight in zip(axis.starts, axis.weights, strict=True):
        assert np.all(weight > 0)
        total[start : start + 16] += weight
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_weights_fall_towards_a_neighbour_but_not_towards_the_edge_of_the_scene():
    first, middle, last = Axis(40, 16, 4).weights
    np.testing.assert_array_equal(first[:12], 1)
    np.testing.assert_allclose(first[12:], [0.8, 0.6, 0.4, 0.2], rtol=1e-6)
    np.testing.assert_allclose(middle[:4], [0.2, 0.4, 0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(last[4:], 1)


def _filled(field, rows, columns, strip):
    """Blend windows cut out of a known field; return the strips as they came."""
    mosaic = Mosaic(len(field), rows, columns, strip)
    padded = np.pad(field, [(0, 0), (0, rows.window), (0, columns.window)])
    strips = []
    for row, top in enumerate(rows.starts):
        for column, left in enumerate(columns.starts):
            for strip_row, values, seen in mosaic.complete(row):
                strips.append((strip_row, values.copy(), seen.copy()))
            answer = padded[:, top : top + rows.window, left : left + columns.window]
            shape = (
                min(rows.window, rows.length - top),
                min(columns.window, columns.length - left),
            )
            mosaic.add(answer, np.ones(shape, bool), row, column)
    for strip_row, values, seen in mosaic.complete(len(rows.starts)):
        strips.append((strip_row, values.copy(), seen.copy()))
    return strips


@pytest.mark.parametrize("height", [1, 7, 16, 40, 133])
@pytest.mark.parametrize("width", [1, 20, 50])
@pytest.mark.parametrize("strip", [4, 16, 24])
def test_windows_of_a_field_blend_to_the_field(height, width, strip):
    field = np.random.default_rng(0).random((3, height, width)).astype(np.float32)
    strips = _filled(field, Axis(height, 16, 5), Axis(width, 16, 8), strip)
    assert [row for row, *_ in strips] == list(range(0, height, strip))
    blended = np.concatenate([values for _, values, _ in strips], axis=1)
    np.testing.assert_allclose(blended, field, rtol=1e-6)
    assert all(seen.all() for *_, seen in strips)


def test_memory_does_not_grow_with_the_length_of_the_scene():
    def held(height):
        mosaic = Mosaic(5, Axis(height, 512, 64), Axis(700, 512, 64), 256)
        arrays = [v for v in vars(mosaic).values() if isinstance(v, np.ndarray)]
        return mosaic.capacity, sum(array.nbytes for array in arrays)

    assert held(1000) == held(1_000_000) == (768, 768 * 700 * (5 * 4 + 1))


def test_rows_come_as_soon_as_no_window_can_touch_them():
    rows, columns = Axis(100, 16, 4), Axis(16, 16, 0)
    mosaic = Mosaic(2, rows, columns, 8)
    answer, seen = np.ones((2, 16, 16), np.float32), np.ones((16, 16), bool)
    done = 0
    for row, start in enumerate(rows.starts):
        done += sum(values.shape[1] for _, values, _ in mosaic.complete(row))
        assert start - 8 < done <= start
        mosaic.add(answer, seen, row, 0)


def test_rows_whose_windows_were_left_out_hold_no_data():
    rows, columns = Axis(100, 16, 4), Axis(16, 16, 4)
    mosaic = Mosaic(2, rows, columns, 8)
    answer, seen = np.ones((2, 16, 16), np.float32), np.ones((16, 16), bool)
    mosaic.add(answer, seen, 0, 0)
    last = len(rows.starts) - 1
    strips = [each.copy() for *_, each in mosaic.complete(last)]
    mosaic.add(answer, seen, last, 0)
    strips += [each.copy() for *_, each in mosaic.complete(last + 1)]
    observed = np.concatenate(strips)[:, 0]
    np.testing.assert_array_equal(
        np.flatnonzero(observed), [*range(16), *range(84, 100)]
    )


def test_most_likely_is_argmax():
    planes = np.random.default_rng(0).integers(0, 4, (6, 30, 40)).astype(np.float32)
    label = most_likely(planes)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label, np.argmax(planes, axis=0))
