"""The same seed gives the same batches, whoever loads them and wherever one starts."""

import gc
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from kerasseg import augment, pipeline
from kerasseg.legend import IGNORE
from kerasseg.sample import ABSENT

pytestmark = pytest.mark.once

LOADERS = ["grain", "tf.data"]


@dataclass
class Numbered:
    """Samples whose every pixel is their index; remembers which were read."""

    size: int = 10
    fails_at: int | None = None
    pause_s: float = 0.0
    dtype: str = "uint16"
    read: list = field(default_factory=list)

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        time.sleep(self.pause_s)
        if index == self.fails_at:
            raise FileNotFoundError(f"no image at {index}.tif")
        self.read.append(index)
        image = np.arange(8 * 8 * 2).reshape(8, 8, 2) + 1000 * index
        return {
            "image": image.astype(self.dtype),
            "label": np.full((8, 8), index, np.uint8),
        }


def _listed(batches, number=0, start=0):
    return [
        (inputs["image"].copy(), label.copy())
        for inputs, label in batches.epoch(number, start)
    ]


def _same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a, b)
        for batch, again in zip(one, other, strict=True)
        for a, b in zip(batch, again, strict=True)
    )


def _order(batches, number=0):
    return [index for _, label in batches.epoch(number) for index in label[:, 0, 0]]


@pytest.fixture
def trained():
    """Return a function that makes shuffled, augmented batches."""

    def make(**options):
        transforms = [augment.affine, augment.noise]
        return pipeline.batches(
            Numbered(), 3, **{"augment": transforms, "shuffle": True, **options}
        )

    return make


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("workers", [0, 1, 2, 5])
def test_neither_loader_nor_workers_change_the_batches(trained, loader, workers):
    expected = _listed(trained(workers=0), number=2)
    assert _same(_listed(trained(loader=loader, workers=workers), number=2), expected)


@pytest.mark.parametrize("loader", LOADERS)
def test_starting_in_the_middle_gives_the_rest_and_reads_no_more(loader):
    def make():
        return pipeline.batches(
            Numbered(), 3, augment=[augment.affine], shuffle=True, loader=loader
        )

    whole, resumed = make(), make()
    assert _same(_listed(whole, 1)[2:], _listed(resumed, 1, start=2))
    assert len(set(resumed._plan.dataset.read)) == 3
    assert _listed(make(), 1, start=3) == []


def test_every_epoch_and_every_seed_has_an_order_of_its_own(trained):
    orders = [_order(trained(seed=seed), n) for seed in (1, 2) for n in range(4)]
    assert len({tuple(order) for order in orders}) == 8
    assert all(len(set(order)) == 9 for order in orders)


def test_a_sample_is_augmented_anew_in_every_epoch():
    batches = pipeline.batches(Numbered(2), 2, augment=[augment.affine])
    assert not _same(_listed(batches, 0), _listed(batches, 1))
    assert _same(_listed(batches, 1), _listed(batches, 1))


def test_no_sample_draws_the_numbers_that_made_the_order():
    drawn = []
    batches = pipeline.batches(
        Numbered(4),
        1,
        augment=[lambda s, rng: drawn.append(rng.random()) or s],
        workers=0,
    )
    list(batches.epoch(3))
    assert len(set(drawn)) == 4
    assert np.random.default_rng([1, 3]).random() not in drawn


def test_without_shuffling_the_order_is_that_of_the_dataset():
    assert _order(pipeline.batches(Numbered(), 2)) == list(range(10))


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_pixels_keep_their_type(loader, dtype):
    batches = pipeline.batches(Numbered(dtype=dtype), 4, loader=loader)
    for inputs, label in batches.epoch(0):
        assert inputs["image"].dtype == dtype
        assert inputs["image"].shape == (4, 8, 8, 2)
        assert label.dtype == np.uint8
        assert label.shape == (4, 8, 8)


def test_the_last_batch_is_dropped_or_padded_with_unlabelled_images():
    assert len(pipeline.batches(Numbered(), 4)) == 2
    padded = pipeline.batches(Numbered(), 4, last="pad")
    assert len(padded) == 3
    *_, (inputs, label) = padded.epoch(0)
    np.testing.assert_array_equal(label[:, 0, 0], [8, 9, IGNORE, IGNORE])
    assert np.all(label[2:] == IGNORE)
    np.testing.assert_array_equal(inputs["image"][2], inputs["image"][0])
    assert len(pipeline.batches(Numbered(8), 4, last="pad")) == 2


class Series(Numbered):
    """Series of 3, 4, 5, … dates."""

    def __getitem__(self, index):
        sample = super().__getitem__(index)
        dates = np.arange(index + 3, dtype=np.int32)
        return {
            "image": np.repeat(sample["image"][None] + 1, len(dates), axis=0),
            "days": 5 * dates,
            "day_of_year": 5 * dates + 244,
            "label": sample["label"],
        }


@pytest.mark.parametrize("loader", LOADERS)
def test_series_are_filled_up_with_dates_that_are_none(loader):
    batches = pipeline.batches(Series(), 2, loader=loader, length_step=4)
    lengths = []
    for number, (inputs, label) in enumerate(batches.epoch(0)):
        lengths.append(inputs["image"].shape[1])
        assert label.shape == (2, 8, 8)
        for place in range(2):
            dates = 2 * number + place + 3
            days, image = inputs["days"][place], inputs["image"][place]
            np.testing.assert_array_equal(days[:dates], 5 * np.arange(dates))
            np.testing.assert_array_equal(days[dates:], ABSENT)
            np.testing.assert_array_equal(inputs["day_of_year"][place] < 0, days < 0)
            assert np.all(image[:dates] > 0)
            assert np.all(image[dates:] == 0)
    assert lengths == [4, 8, 8, 12, 12]


@pytest.mark.parametrize("loader", LOADERS)
def test_an_augment_may_change_the_type_of_the_pixels(loader):
    def brighten(sample, rng):
        return {**sample, "image": sample["image"].astype(np.float32) + 0.5}

    batches = pipeline.batches(Numbered(), 2, loader=loader, augment=[brighten])
    inputs, _ = next(batches.epoch(0))
    assert inputs["image"].dtype == np.float32
    assert inputs["image"][1, 0, 0, 0] == 1000.5


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_fault_in_a_worker_arrives_as_it_was(loader, workers):
    batches = pipeline.batches(Numbered(fails_at=7), 2, loader=loader, workers=workers)
    arrived = []
    with pytest.raises(FileNotFoundError) as error:
        arrived.extend(label for _, label in batches.epoch(0))
    assert str(error.value) == "no image at 7.tif"
    assert len(arrived) == 3


def test_samples_that_do_not_fit_together_are_named():
    class Ragged(Numbered):
        def __getitem__(self, index):
            sample = super().__getitem__(index)
            return {**sample, "image": sample["image"][: 8 - index]}

    with pytest.raises(ValueError, match=r"\(7, 8, 2\) beside uint16 \(8, 8, 2\)"):
        list(pipeline.batches(Ragged(), 2).epoch(0))


@pytest.mark.parametrize("how", ["close", "drop", "finish"])
def test_no_thread_outlives_its_epoch(how):
    before = set(threading.enumerate())
    epoch = pipeline.batches(Numbered(200, pause_s=0.001), 2, workers=3).epoch(0)
    next(epoch)
    assert len(set(threading.enumerate()) - before) >= 1
    if how == "close":
        epoch.close()
    elif how == "finish":
        list(epoch)
    del epoch
    gc.collect()
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("loader", LOADERS)
def test_no_more_is_read_ahead_than_a_few_batches(loader):
    dataset = Numbered(400)
    epoch = pipeline.batches(dataset, 2, loader=loader, workers=2, prefetch=3).epoch(0)
    next(epoch)
    time.sleep(0.3)
    assert len(dataset.read) <= 2 * (1 + 3 + 2 * 2)
    epoch.close()


def test_waiting_and_speed_are_measured():
    slow = pipeline.batches(Numbered(8, pause_s=0.02), 2, workers=0)
    for _ in slow.epoch(0):
        pass
    assert slow.waiting_s >= 8 * 0.02
    assert 0 < slow.samples_per_second <= 8 / (8 * 0.02)

    busy = pipeline.batches(Numbered(8), 2, workers=2)
    for _ in busy.epoch(0):
        time.sleep(0.05)
    assert 0 < busy.samples_per_second <= 8 / (3 * 0.05)
    assert pipeline.batches(Numbered(8), 2).samples_per_second == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 11}, "10 samples do not fill one batch of 11"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"batch_size": 2, "workers": -1}, "workers -1"),
    ],
)
def test_impossible_batches_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        pipeline.batches(Numbered(), **options)


def test_an_epoch_has_no_batch_beyond_its_last():
    with pytest.raises(ValueError, match=r"batch 6.*have 5 batches"):
        pipeline.batches(Numbered(), 2).epoch(0, start=6)


def test_missing_tensorflow_is_said_with_its_cure(monkeypatch):
    monkeypatch.setattr(pipeline, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"kerasseg\[tensorflow\]"):
        pipeline.batches(Numbered(), 2, loader="tf.data")
    assert len(_listed(pipeline.batches(Numbered(), 2))) == 5


def test_grain_needs_no_tensorflow():
    script = (
        "import sys; from kerasseg import pipeline; import numpy as np;"
        "one = {'image': np.zeros((2, 2, 1)), 'label': np.zeros((2, 2), np.uint8)};"
        "list(pipeline.batches([one] * 4, 2).epoch(0));"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("loader", LOADERS)
def test_each_batch_draws_one_of_the_crop_sizes(loader):
    options = {"crop_sizes": (4, 6), "shuffle": True, "loader": loader}
    batches = pipeline.batches(Numbered(20), 2, **options)
    first, second = (_listed(batches, number) for number in (0, 1))
    sizes = [[image.shape[1:3] for image, _ in epoch] for epoch in (first, second)]
    assert set(sizes[0]) == {(4, 4), (6, 6)}
    assert sizes[0] != sizes[1]
    assert all(image.shape[:3] == label.shape for image, label in first)
    assert _same(_listed(batches, 0, start=3), first[3:])
    assert _same(_listed(pipeline.batches(Numbered(20), 2, **options)), first)


def test_crops_show_pixels_and_labels_of_one_place():
    batches = pipeline.batches(Numbered(4), 4, crop_sizes=(3,))
    images, labels = _listed(batches)[0]
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        whole = np.arange(8 * 8 * 2).reshape(8, 8, 2) + 1000 * index
        row, column = divmod((int(image[0, 0, 0]) - 1000 * index) // 2, 8)
        np.testing.assert_array_equal(image, whole[row : row + 3, column : column + 3])
        assert (label == index).all()


def test_a_crop_larger_than_the_samples_is_refused():
    with pytest.raises(ValueError, match=r"crop_sizes 4, 9: samples are 8 x 8 pixels"):
        pipeline.batches(Numbered(4), 2, crop_sizes=(4, 9))
