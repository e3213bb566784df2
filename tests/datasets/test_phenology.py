"""The countryside of the fakes: one date does not tell its crops apart, a series does.

The classifier is the simplest that could work: means and one covariance of the classes,
in a space given to it.
"""

import numpy as np
import pytest

from kerasseg.datasets import pastis
from kerasseg.datasets.phenology import paint
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once

RED, NIR = 2, 6


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("pastis")
    pastis.write_fake(root, size=64, patches_per_fold=6)
    return root


def pixels(dataset, features):
    """Return features `(N, F)` and labels `(N,)` of all labelled pixels."""
    rows, labels = [], []
    for index in range(len(dataset)):
        sample = dataset[index]
        known = sample["label"] != IGNORE
        rows.append(features(sample)[known])
        labels.append(sample["label"][known])
    return np.concatenate(rows), np.concatenate(labels)


def accuracy(root, features, **options):
    """Fit to the training split, and score the test split by mean class accuracy."""
    x, y = pixels(pastis.load("train", root, **options), features)
    classes = np.unique(y)
    means = np.stack([x[y == k].mean(axis=0) for k in classes])
    spread = np.cov(x - means[np.searchsorted(classes, y)], rowvar=False)
    weights = np.linalg.solve(spread + 1e-4 * np.eye(len(spread)), means.T)  # (F, K)
    offset = -0.5 * np.einsum("kf,fk->k", means, weights)
    x, y = pixels(pastis.load("test", root, **options), features)
    found = classes[np.argmax(x @ weights + offset, axis=1)]
    return np.mean([np.mean(found[y == k] == k) for k in np.unique(y)])


def one_date(sample):
    """The ten bands and NDVI."""
    image = sample["image"].astype(np.float64) / 10_000
    ndvi = (image[..., NIR] - image[..., RED]) / (image[..., NIR] + image[..., RED])
    return np.concatenate([image, ndvi[..., None]], axis=-1)


def season(sample):
    """NDVI along the season, clouds left out: every fifteenth day by interpolation."""
    image = sample["image"].astype(np.float64) / 10_000  # (T, H, W, C)
    ndvi = (image[..., NIR] - image[..., RED]) / (image[..., NIR] + image[..., RED])
    clear = (image[..., 0] < 0.16).reshape(len(image), -1)
    ndvi = ndvi.reshape(len(image), -1)
    wanted = np.arange(15, 430, 15)
    curves = np.stack(
        [
            np.interp(wanted, sample["days"][seen], values[seen])
            if seen.any()
            else np.zeros(len(wanted))
            for values, seen in zip(ndvi.T, clear.T, strict=True)
        ]
    )
    return curves.reshape(*sample["label"].shape, -1)


def test_one_date_does_not_tell_crops_apart(root):
    """Nine classes, and no date of the season at which half of them are found."""
    for date in ("2018-10-15", "2019-04-01", "2019-05-15", "2019-07-01", "2019-08-15"):
        assert accuracy(root, one_date, date=date) < 0.45, date


def test_the_series_does(root):
    assert accuracy(root, season) > 0.85


def test_every_crop_gets_as_green_as_any_other(root):
    x, y = pixels(pastis.load("train", root), season)
    greenest = [np.median(x[y == k].max(axis=1)) for k in np.unique(y) if k > 0]
    assert max(greenest) - min(greenest) < 0.12


def test_a_season_has_gaps_clouds_shadows_and_snow():
    scenes = [scene(seed, size=32) for seed in range(12)]
    lengths = {len(found.dates) for found in scenes}
    assert len(lengths) > 5
    assert min(lengths) > 8
    gaps = np.concatenate([np.diff(found.dates).astype(int) for found in scenes])
    assert set(np.unique(gaps) % 5) == {0}
    assert gaps.max() > 25
    blue, nir, swir = (
        np.concatenate([found.image[:, band].ravel() for found in scenes])
        for band in (0, NIR, 8)
    )
    assert 0.1 < np.mean((blue > 4000) & (swir > 3000)) < 0.5  # clouds
    assert 0.01 < np.mean((blue > 5000) & (swir < 2500)) < 0.2  # snow
    assert 0.005 < np.mean(nir < 1500) < 0.2  # shadows


def test_parcels_have_tracks_and_mixed_pixels_between_them():
    found = scene(0, size=64)
    tracks = found.parcels == 0
    assert 0.03 < tracks.mean() < 0.3
    assert (found.label[tracks] == 0).all()
    for parcel in range(1, found.parcels.max() + 1):
        assert len(np.unique(found.label[found.parcels == parcel])) == 1


def test_the_world_is_that_of_its_seed():
    np.testing.assert_array_equal(scene(3, 24).image, scene(3, 24).image)
    assert not np.array_equal(scene(3, 24).label, scene(4, 24).label)


def scene(seed, size):
    grown = {1: "meadow", 2: "winter wheat", 3: "corn"}
    return paint(np.random.default_rng(seed), size, grown, void=19)
