"""Windows cover a scene, their weights sum to one, and memory does not grow."""

import itertools

import numpy as np
import pytest

from kerasseg.predict.blending import Axis, Canvas, blocks, most_likely, spans

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


def _windows(block):
    rows = range(block.rows.first, block.rows.last)
    return itertools.product(rows, range(block.columns.first, block.columns.last))


def _blended(field, rows, columns, side):
    """Blend windows cut out of a known field, block by block."""
    padded = np.pad(field, [(0, 0), (0, rows.window), (0, columns.window)])
    handed, found = {}, np.full_like(field, np.nan)
    for block in blocks(rows, columns, side, side):
        canvas = Canvas(len(field), rows, columns, block)
        canvas.receive(handed.get((block.above, "below")))
        canvas.receive(left=handed.get((block.left, "right")))
        for row, column in _windows(block):
            top, left = rows.starts[row], columns.starts[column]
            answer = padded[:, top : top + rows.window, left : left + columns.window]
            shape = (
                min(rows.window, rows.length - top),
                min(columns.window, columns.length - left),
            )
            canvas.add(answer, np.ones(shape, bool), row, column)
        values, seen = canvas.finished
        assert seen.all()
        place = (
            slice(block.rows.start, block.rows.finished),
            slice(block.columns.start, block.columns.finished),
        )
        assert np.isnan(found[:, *place]).all()
        found[:, *place] = values
        handed[block.index, "below"], handed[block.index, "right"] = (
            canvas.below,
            canvas.right,
        )
    return found


@pytest.mark.parametrize("height", [1, 7, 16, 40, 133])
@pytest.mark.parametrize("width", [1, 20, 50])
@pytest.mark.parametrize("side", [1, 30, 1000])
def test_windows_of_a_field_blend_to_the_field(height, width, side):
    field = np.random.default_rng(0).random((3, height, width)).astype(np.float32)
    found = _blended(field, Axis(height, 16, 5), Axis(width, 16, 8), side)
    np.testing.assert_allclose(found, field, rtol=1e-6)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("side", [1, 16, 40, 1000])
def test_runs_of_windows_follow_each_other_and_none_is_left_out(length, side):
    axis = Axis(length, 16, 8)
    found = spans(axis, side)
    assert (found[0].first, found[-1].last) == (0, len(axis.starts))
    assert (found[0].start, found[-1].finished) == (0, length)
    for one, other in itertools.pairwise(found):
        assert (one.last, one.finished) == (other.first, other.start)
        assert one.end <= other.finished  # Or a third run would reach there.
    assert max(each.end - each.start for each in found) <= max(side, 3 * 16) + 16


def test_memory_does_not_grow_with_the_scene():
    def held(side):
        rows = Axis(side, 512, 64)
        found = [
            Canvas(5, rows, rows, block) for block in blocks(rows, rows, 2048, 2048)[:2]
        ]
        return [c.finished[0].nbytes + c.right.nbytes + c.below.nbytes for c in found]

    assert held(3000)[0] <= 5 * 4 * (2048 + 512) ** 2
    assert max(held(1_000_000)) <= 5 * 4 * (2048 + 512) ** 2


def test_windows_that_were_left_out_hold_no_data():
    rows, columns = Axis(100, 16, 4), Axis(16, 16, 4)
    (block,) = blocks(rows, columns, 1000, 1000)
    canvas = Canvas(2, rows, columns, block)
    answer, seen = np.ones((2, 16, 16), np.float32), np.ones((16, 16), bool)
    canvas.add(answer, seen, 0, 0)
    canvas.add(answer, seen, len(rows.starts) - 1, 0)
    observed = canvas.finished[1][:, 0]
    np.testing.assert_array_equal(
        np.flatnonzero(observed), [*range(16), *range(84, 100)]
    )


def test_most_likely_is_argmax_and_the_margin_is_to_the_second():
    planes = np.random.default_rng(0).integers(0, 4, (6, 30, 40)).astype(np.float32)
    label, best, margin = most_likely(planes)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label, np.argmax(planes, axis=0))
    in_order = np.sort(planes, axis=0)
    np.testing.assert_array_equal(best, in_order[-1])
    np.testing.assert_array_equal(margin, in_order[-1] - in_order[-2])
