from types import SimpleNamespace

import numpy as np
import pytest

from kerasseg import pipeline
from kerasseg.pipeline import sampling

pytestmark = pytest.mark.once

COUNTS = np.array([[9, 0, 0]] * 15 + [[8, 1, 0]] * 4 + [[3, 3, 3]])


class Rare(SimpleNamespace):
    counts = COUNTS

    def __len__(self):
        return len(COUNTS)

    def __getitem__(self, index):
        image = np.full((2, 2, 1), index, np.uint8)
        return {"image": image, "label": image[..., 0]}


def test_a_sample_weighs_as_its_rarest_class():
    weights = sampling.weights(Rare(), 0.45)
    assert weights[0] == 1
    assert weights[15] == pytest.approx((0.45 / 0.25) ** 0.5)
    assert weights[19] == pytest.approx((0.45 / 0.05) ** 0.5)
    assert sampling.weights(Rare(), 0.01) == (1.0,) * 20
    assert sampling.weights(Rare(), None) is None


def test_data_that_does_not_count_classes_is_told():
    with pytest.raises(ValueError, match=r"training.oversample: object does not count"):
        sampling.weights(object(), 0.5)


def test_samples_are_drawn_as_often_as_they_weigh():
    weights = np.array(sampling.weights(Rare(), 0.45))
    asked = weights / weights.sum() * len(weights)
    drawn = np.zeros(20)
    for epoch in range(200):
        each = sampling.draw(weights, np.random.default_rng(epoch))
        times = np.bincount(each, minlength=20)
        assert (np.abs(times - asked) < 1).all()
        drawn += times
    np.testing.assert_allclose(drawn / 200, asked, atol=0.12)


def test_weighted_epochs_keep_their_length_and_follow_the_seed():
    weights = sampling.weights(Rare(), 0.45)
    made = [
        pipeline.batches(Rare(), 4, shuffle=True, seed=seed, weights=weights)
        for seed in (1, 1, 2)
    ]
    drawn = [
        [int(i) for _, label in each.epoch(0) for i in label[:, 0, 0]] for each in made
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(each) for each in drawn] == [20] * 3
    assert drawn[0].count(19) in (1, 2)


def test_weights_need_to_be_shuffled():
    with pytest.raises(ValueError, match="20 weights of 20 samples, shuffle False"):
        pipeline.batches(Rare(), 4, weights=[1.0] * 20)


def test_a_sample_that_comes_twice_in_an_epoch_is_changed_in_two_ways():
    def mark(sample, rng):
        return sample | {"image": rng.integers(0, 256, (2, 2, 1), np.uint8)}

    weights = (8.0,) + (1.0,) * 19
    options = {"shuffle": True, "seed": 1, "weights": weights}
    made = pipeline.batches(Rare(), 4, augment=[mark], **options)
    batches = [(image["image"], label) for image, label in made.epoch(0)]
    seen = [
        image.tobytes()
        for images, labels in batches
        for image, label in zip(images, labels, strict=True)
        if label[0, 0] == 0
    ]
    assert len(seen) > 3
    assert len(set(seen)) == len(seen)
