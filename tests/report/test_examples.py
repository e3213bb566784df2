"""The chosen samples are the best and the worst that tell something."""

import numpy as np
import pytest

from kerasseg.report.examples import Patch, best_and_worst, patch

pytestmark = pytest.mark.once


def scored(mean_iou, true_classes=2, labelled=1.0):
    return Patch("", mean_iou, mean_iou, true_classes, labelled)


def test_a_sample_is_scored_over_its_own_classes():
    label = np.array([[0, 0, 1, 255]], np.uint8)
    prediction = np.array([[0, 1, 1, 2]], np.uint8)
    found, matrix = patch("here", label, prediction, 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert found.name == "here"
    assert found.mean_iou == pytest.approx(0.5)
    assert found.accuracy == pytest.approx(2 / 3)
    assert (found.true_classes, found.labelled) == (2, 0.75)


def test_best_first_and_worst_first():
    patches = [scored(value) for value in (0.5, 0.9, 0.1, 0.7, 0.3)]
    assert best_and_worst(patches, 2) == ([1, 3], [2, 4])


def test_no_sample_is_in_both():
    patches = [scored(value) for value in (0.5, 0.9, 0.1)]
    assert best_and_worst(patches, 4) == ([1, 0], [2])
    assert best_and_worst(patches[:1], 4) == ([0], [])


def test_a_sample_of_one_class_is_too_easy_to_be_best():
    patches = [scored(1.0, true_classes=1), scored(0.8), scored(0.2), scored(0.3)]
    assert best_and_worst(patches, 1) == ([1], [2])


def test_easy_samples_fill_up_where_there_are_no_others():
    patches = [scored(1.0, true_classes=1), scored(0.9, true_classes=1)]
    assert best_and_worst(patches, 1) == ([0], [1])


def test_a_sample_hardly_labelled_is_not_the_worst():
    patches = [scored(0.0, labelled=0.01), scored(0.2), scored(0.9), scored(0.8)]
    assert best_and_worst(patches, 1) == ([2], [1])


def test_samples_without_labels_are_never_shown():
    patches = [scored(np.nan), scored(0.4), scored(np.nan)]
    assert best_and_worst(patches, 2) == ([1], [])
