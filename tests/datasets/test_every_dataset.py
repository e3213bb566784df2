"""What every dataset owes its users: a new file in `datasets` is tested here."""

import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from kerasseg import datasets, doctor, lookup
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once

SPLITS = ("train", "val", "test")
SMALLER = (
    {"scenes": 3, "size": 520},
    {"patches_per_fold": 2, "size": 24, "dates": 8},
)
"""Options that make the world of a `write_fake` smaller, where it has all of one."""


@pytest.fixture(scope="module", params=lookup.names("dataset"))
def world(request, tmp_path_factory):
    """Return a module of datasets and the folder of its fake."""
    module = import_module(f"{datasets.__name__}.{request.param}")
    root = tmp_path_factory.mktemp(request.param)
    write(module, root)
    return module, root


def write(module, root, **options):
    known = inspect.signature(module.write_fake).parameters
    fitting = (choice for choice in SMALLER if choice.keys() <= known.keys())
    smaller = next(fitting, {})
    module.write_fake(root, **smaller, **options)


@pytest.fixture(params=SPLITS)
def dataset(world, request):
    module, root = world
    return module.load(request.param, root)


def test_a_sample_has_the_shapes_and_types_of_the_contract(dataset):
    for index in range(len(dataset)):
        sample = dataset[index]
        image, label = sample["image"], sample["label"]
        assert label.dtype == np.uint8
        assert image.shape[-3:-1] == label.shape
        assert image.shape[-1] == len(dataset.bands)
        assert image.ndim == (4 if "days" in sample else 3)
        assert ("days" in sample) == ("day_of_year" in sample)
        if "days" in sample:
            check_dates(sample)


def check_dates(sample):
    days, day_of_year = sample["days"], sample["day_of_year"]
    assert days.dtype == day_of_year.dtype == np.int32
    assert days.shape == day_of_year.shape == sample["image"].shape[:1]
    assert days[0] >= 0
    assert (np.diff(days) > 0).all()
    assert day_of_year.min() >= 1
    assert day_of_year.max() <= 366
    # Both count the same dates: they differ by whole years, 365 or 366 days each.
    years, rest = np.divmod(np.abs(np.diff(days) - np.diff(day_of_year)), 365)
    assert (rest <= years).all()


def test_labels_are_classes_or_ignored_and_counted(dataset):
    labels = [dataset[index]["label"].ravel() for index in range(len(dataset))]
    counts = np.bincount(np.concatenate(labels), minlength=256)
    number = dataset.legend.num_classes
    assert not counts[number:IGNORE].any()
    assert dataset.class_counts().dtype == np.int64
    np.testing.assert_array_equal(dataset.class_counts(), counts[:number])


def test_statistics_are_those_of_the_training_split(world, dataset):
    module, root = world
    train = module.load("train", root)
    bands = len(train.bands)
    images = [train[index]["image"].reshape(-1, bands) for index in range(len(train))]
    pixels = np.concatenate(images).astype(np.float64)
    mean, std = dataset.statistics()
    # Those of series may come with the data: averages of what each patch has.
    loose = 0.3 if "days" in train[0] else 1e-6
    np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=loose)
    np.testing.assert_allclose(std, pixels.std(axis=0), rtol=loose)


def test_ids_are_unique_across_splits(world):
    module, root = world
    ids = [name for split in SPLITS for name in module.load(split, root).ids]
    assert len(set(ids)) == len(ids)


def test_there_is_one_id_per_sample(dataset):
    assert len(dataset.ids) == len(dataset) > 0


def test_it_reads_the_same_again_pickled_and_in_threads(dataset):
    copy = pickle.loads(pickle.dumps(dataset))
    with ThreadPoolExecutor(4) as pool:
        samples = list(pool.map(dataset.__getitem__, [*range(len(dataset))] * 3))
    for index, sample in enumerate(samples):
        again = copy[index % len(dataset)]
        for name, array in sample.items():
            np.testing.assert_array_equal(array, again[name])


def test_a_sample_can_be_changed_without_changing_the_next(dataset):
    before = dataset[0]["label"].copy()
    dataset[0]["label"][:] = 1
    np.testing.assert_array_equal(dataset[0]["label"], before)


def test_all_samples_are_reached_and_no_more(dataset):
    with pytest.raises(IndexError):
        dataset[len(dataset)]


def test_equal_seeds_write_equal_worlds_and_others_do_not(world, tmp_path):
    module, root = world
    write(module, tmp_path / "again", seed=0)
    write(module, tmp_path / "other", seed=1)
    prints = [
        module.load("train", folder).fingerprint()
        for folder in (root, tmp_path / "again", tmp_path / "other")
    ]
    assert prints[0] == prints[1] != prints[2]


def test_the_fingerprint_changes_with_the_pixels(world, tmp_path):
    module, root = world
    write(module, tmp_path)
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    largest = max(files, key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[-1000] ^= 1
    largest.write_bytes(content)
    before, after = (
        [module.load(split, folder).fingerprint() for split in SPLITS]
        for folder in (root, tmp_path)
    )
    assert before != after


def test_a_missing_root_is_named_with_its_cure(world, tmp_path):
    module, _ = world
    with pytest.raises(FileNotFoundError, match=r"no .* at .*nowhere") as caught:
        module.load("train", tmp_path / "nowhere")
    assert "\n" not in str(caught.value)


def test_the_doctor_finds_nothing_wrong(world):
    module, root = world
    report = doctor.samples(partial(module.load, root=root), "fake")
    assert report.is_well(strict=True), report.findings
