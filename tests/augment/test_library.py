"""Transforms of albumentations obey our seeds and our labels."""

import threading

import numpy as np
import pytest

from kerasseg import augment
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once
BENT = [
    {"name": "RandomBrightnessContrast", "p": 1.0},
    {"name": "Rotate", "limit": [30, 45], "p": 1.0, "border_mode": 0},
]


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (32, 32, 3), np.uint8)
    return {"image": image, "label": rng.integers(0, 3, (32, 32), np.uint8)}


def changed(sample, seed=1, transforms=BENT):
    rng = np.random.default_rng(seed)
    return augment.albumentations(sample, rng, transforms=transforms)


def test_equal_seeds_change_a_sample_equally_in_any_thread(sample):
    expected, found = changed(sample), []
    changed(sample, seed=2)
    thread = threading.Thread(target=lambda: found.append(changed(sample)))
    thread.start()
    thread.join()
    for answer in (changed(sample), *found):
        np.testing.assert_array_equal(answer["image"], expected["image"])
        np.testing.assert_array_equal(answer["label"], expected["label"])
    assert not np.array_equal(changed(sample, seed=2)["image"], expected["image"])


def test_beyond_the_border_nothing_is_known_and_no_class_is_invented(sample):
    label = changed(sample)["label"]
    assert set(np.unique(label)) == {0, 1, 2, IGNORE}


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"name": "RandomBrightnes"}, "no transform 'RandomBrightnes'. Did you mean"),
        ({"name": "Rotate", "limits": 3}, "Rotate has no 'limits'. Did you mean 'lim"),
        ({"name": "Compose"}, "no transform 'Compose'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_one(sample, item, line):
    with pytest.raises(ValueError, match=line):
        changed(sample, transforms=[item])


def test_a_series_is_refused(sample):
    sample["image"] = sample["image"][None].repeat(4, axis=0)
    with pytest.raises(ValueError, match="a series of 4"):
        changed(sample)
