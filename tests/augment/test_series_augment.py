"""Changes to series keep image, label and dates in step."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasseg import augment
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once

EVERY = [
    augment.affine,
    augment.cloud_paste,
    augment.color_jitter,
    augment.date_jitter,
    augment.flip,
    augment.gaussian_noise,
    partial(augment.max_dates, number=4),
    augment.noise,
    augment.quarter_turn,
    partial(augment.random_crop, size=12),
    partial(augment.rare, classes=[2, 4], transforms=[{"name": "quarter_turn"}]),
    augment.rotation,
    augment.temporal_dropout,
]
TYPES = ["uint8", "uint16", "int16", "float32"]


def make(dtype="int16", shape=(7, 20, 20, 5), seed=0):
    rng = np.random.default_rng(seed)
    image = rng.integers(1, 250, shape).astype(dtype)
    image[3:4] = 0  # A date without data.
    days = np.cumsum(rng.integers(1, 12, shape[0])).astype(np.int32)
    return {
        "image": image,
        "label": rng.choice(np.array([0, 2, 4], np.uint8), shape[1:3]),
        "days": days,
        "day_of_year": ((days + 300) % 365 + 1).astype(np.int32),
    }


def draw(seed):
    return np.random.default_rng(seed)


def _name(transform):
    return getattr(transform, "func", transform).__name__


def test_all_but_the_library_of_single_dates_are_tested_here():
    assert {*map(_name, EVERY)} | {"albumentations"} == {*augment.__all__}


@pytest.mark.parametrize("transform", EVERY, ids=_name)
@pytest.mark.parametrize("dtype", TYPES)
def test_a_series_stays_one_of_the_same_type(transform, dtype):
    sample = make(dtype)
    before = {key: value.copy() for key, value in sample.items()}
    for value in sample.values():
        value.flags.writeable = False
    for seed in range(6):
        after = transform(sample, draw(seed))
        assert list(after) == list(sample)
        assert {k: v.dtype for k, v in after.items()} == {
            k: v.dtype for k, v in sample.items()
        }
        assert after["image"].shape[1:3] == after["label"].shape
        assert len(after["image"]) == len(after["days"]) == len(after["day_of_year"])
        assert after["days"].min() >= 0
        assert (np.diff(after["days"]) > 0).all()
        assert 1 <= after["day_of_year"].min() <= after["day_of_year"].max() <= 366
        again = transform(sample, draw(seed))
        for key, value in after.items():
            np.testing.assert_array_equal(value, again[key])
    for key, value in before.items():
        np.testing.assert_array_equal(sample[key], value)


@pytest.mark.parametrize(
    "transform",
    [one for one in EVERY if _name(one) not in ("noise", "color_jitter")],
    ids=_name,
)
def test_a_date_without_data_stays_without(transform):
    for seed in range(6):
        sample = make()
        sample["image"][...] = np.arange(7)[:, None, None, None]
        sample["image"][0] = 0
        after = transform(sample, draw(seed))
        if after["days"][0] == sample["days"][0]:
            assert not after["image"][0].any()


# Dates.


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.integers(1, 9), st.integers(0, 10**6))
def test_dropout_keeps_what_was_drawn_and_the_least_asked_for(probability, keep, seed):
    sample = make()
    options = {"probability": probability, "keep": keep}
    after = augment.temporal_dropout(sample, draw(seed), **options)
    drawn = draw(seed).random(7)
    kept = drawn > probability
    if kept.sum() < min(keep, 7):
        kept = drawn >= np.sort(drawn)[-min(keep, 7)]
    np.testing.assert_array_equal(after["days"], sample["days"][kept])
    np.testing.assert_array_equal(after["day_of_year"], sample["day_of_year"][kept])
    np.testing.assert_array_equal(after["image"], sample["image"][kept])


def test_dates_are_left_out_as_often_as_asked():
    sample = make(shape=(400, 2, 2, 1))
    after = augment.temporal_dropout(sample, draw(0), probability=0.3)
    assert len(after["days"]) == pytest.approx(280, abs=30)


def test_max_dates_keeps_as_many_in_their_order():
    sample = make()
    seen = set()
    for seed in range(40):
        after = augment.max_dates(sample, draw(seed), number=3)
        places = np.searchsorted(sample["days"], after["days"])
        assert len(places) == 3
        np.testing.assert_array_equal(after["image"], sample["image"][places])
        seen.update(places.tolist())
    assert seen == {*range(7)}
    assert augment.max_dates(sample, draw(0), number=7) is sample


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True),
    st.integers(0, 20),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_jittered_dates_rise_from_day_0_on_and_move_no_further(
    days, largest, together, seed
):
    days = np.sort(np.array(days, np.int32))
    sample = {
        "image": np.zeros((len(days), 1, 1, 1)),
        "label": np.zeros((1, 1), np.uint8),
        "days": days,
        "day_of_year": ((days + 243) % 365 + 1).astype(np.int32),
    }
    options = {"days": largest, "together": together}
    after = augment.date_jitter(sample, draw(seed), **options)
    moved = after["days"] - days
    assert np.abs(moved).max() <= largest
    assert after["days"][0] >= 0
    assert (np.diff(after["days"]) > 0).all()
    assert not together or len(set(moved.tolist())) == 1
    np.testing.assert_array_equal(after["day_of_year"], (after["days"] + 243) % 365 + 1)


def test_the_last_day_of_a_leap_year_stays_in_the_year():
    sample = make(shape=(2, 4, 4, 1))
    sample["days"] = np.array([10, 60], np.int32)
    sample["day_of_year"] = np.array([366, 50], np.int32)
    for seed in range(20):
        after = augment.date_jitter(sample, draw(seed), days=2)
        moved = after["days"] - sample["days"]
        expected = {-2: 364, -1: 365, 0: 366, 1: 2, 2: 3}[int(moved[0])]
        assert after["day_of_year"].tolist() == [expected, 50 + moved[1]]


@pytest.mark.parametrize(
    "transform", [augment.temporal_dropout, augment.max_dates, augment.date_jitter]
)
def test_one_date_is_no_series(transform):
    sample = {"image": np.zeros((4, 4, 3)), "label": np.zeros((4, 4), np.uint8)}
    with pytest.raises(ValueError, match=f"{_name(transform)}: the sample is one date"):
        transform(sample, draw(0))


# Places.


def _turned(pixels, angle, fill):
    """Turn `(H, W)` counter-clockwise in float64, each pixel from the nearest."""
    height, width = pixels.shape
    turned = np.full_like(pixels, fill)
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    for row in range(height):
        for column in range(width):
            x, y = column - (width - 1) / 2, (height - 1) / 2 - row
            source_x, source_y = cosine * x + sine * y, cosine * y - sine * x
            down = (height - 1) / 2 - source_y
            across = (width - 1) / 2 + source_x
            down, across = int(np.floor(down + 0.5)), int(np.floor(across + 0.5))
            if 0 <= down < height and 0 <= across < width:
                turned[row, column] = pixels[down, across]
    return turned


@pytest.mark.parametrize("angle", [10, -25, 45, 120, -150, 33.3])
@pytest.mark.parametrize("side", [(20, 20), (15, 22)])
def test_rotation_takes_the_nearest_pixel(angle, side):
    sample = make(shape=(4, *side, 2))
    ours = augment.rotation(sample, draw(0), angles=[angle])
    published = augment.rotation(sample, draw(0), angles=[angle], corners="first_class")
    for date in range(4):
        expected = _turned(sample["image"][date, ..., 1], angle, 0)
        np.testing.assert_array_equal(ours["image"][date, ..., 1], expected)
    np.testing.assert_array_equal(
        ours["label"], _turned(sample["label"], angle, IGNORE)
    )
    np.testing.assert_array_equal(
        published["label"], _turned(sample["label"], angle, 0)
    )


@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("side", [20, 21])
def test_quarter_turns_are_exact(turns, side):
    sample = make(shape=(4, side, side, 3))
    after = augment.rotation(sample, draw(0), angles=[90 * turns])
    expected = np.rot90(sample["image"], turns, axes=(1, 2))
    np.testing.assert_array_equal(after["image"], expected)
    np.testing.assert_array_equal(after["label"], np.rot90(sample["label"], turns))


def test_the_published_angles_leave_a_fifth_as_it_is():
    from kerasseg.augment.rotation import ANGLES

    assert len(ANGLES) == 20
    assert sorted(ANGLES) == sorted(-angle for angle in ANGLES)
    sample = make(shape=(4, 8, 8, 1))
    still = [
        np.array_equal(augment.rotation(sample, draw(seed))["image"], sample["image"])
        for seed in range(500)
    ]
    assert np.mean(still) == pytest.approx(0.2, abs=0.06)


# Pixels.


def smooth(dtype="float32", shape=(6, 64, 64, 3)):
    sample = make(dtype, shape)
    values = np.random.default_rng(5).normal([900, 2000, 4000], [50, 300, 900], shape)
    sample["image"] = values.astype(dtype)
    sample["image"][2:3] = 0
    return sample


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_noise_is_in_units_of_what_bands_vary_by(dtype):
    sample = smooth(dtype)
    after = augment.gaussian_noise(sample, draw(0), std=0.2, share=1)
    added = after["image"].astype(float) - sample["image"]
    observed = np.delete(sample["image"].astype(float), 2, 0).std(axis=(0, 1, 2))
    found = np.delete(added, 2, 0)
    np.testing.assert_allclose(found.std(axis=(0, 1, 2)), 0.2 * observed, rtol=0.03)
    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)) / observed, 0, atol=0.01)
    assert not added[2].any()
    dates = np.delete(found, 4, 0).reshape(4, -1)
    np.testing.assert_allclose(np.corrcoef(dates), np.eye(4), atol=0.05)


def test_noise_may_be_given_the_deviations_or_the_published_unit():
    sample = smooth()
    given = augment.gaussian_noise(
        sample, draw(0), std=0.1, band_std=(100, 200, 400), share=1
    )
    published = augment.gaussian_noise(sample, draw(0), std=25, unit="stored", share=1)
    for after, expected in ((given, (10, 20, 40)), (published, (25, 25, 25))):
        added = np.delete(after["image"] - sample["image"], 2, 0)
        np.testing.assert_allclose(added.std(axis=(0, 1, 2)), expected, rtol=0.03)
    with pytest.raises(ValueError, match="band_std of 2 bands for an image of 3"):
        augment.gaussian_noise(sample, draw(0), band_std=(1, 2), share=1)


def test_a_share_of_the_series_gets_noise():
    sample = make(shape=(3, 4, 4, 2))
    sample["image"] = sample["image"][:3] + 1
    noisy = [
        augment.gaussian_noise(sample, draw(seed), std=1) is not sample
        for seed in range(400)
    ]
    assert np.mean(noisy) == pytest.approx(0.25, abs=0.06)


def test_fixed_noise_is_the_same_in_each_epoch_and_another_for_another_seed():
    options = {"std": 0.5, "fixed": True}
    samples = [make(seed=seed) for seed in range(200)]

    def outcomes(draws, **more):
        return [
            augment.gaussian_noise(one, draw(draws), **options, **more)["image"]
            for one in samples
        ]

    first, second, other = outcomes(1), outcomes(2), outcomes(1, seed=7)
    np.testing.assert_array_equal(first, second)
    pairs = zip(samples, first, other, strict=True)
    hit = [
        [not np.array_equal(one["image"], image) for image in images]
        for one, *images in pairs
    ]
    assert np.mean(hit, axis=0) == pytest.approx([0.25, 0.25], abs=0.09)
    assert 0.1 < np.mean(np.array(hit)[:, 0] != np.array(hit)[:, 1]) < 0.6


def test_clouds_are_white_and_shadows_dark_and_the_rest_stays():
    sample = smooth("int16")
    sample["image"][2] = 1000
    seen, above = [], []
    for seed in range(20):
        after = augment.cloud_paste(sample, draw(seed), probability=1, coverage=0.5)
        change = after["image"].astype(float) - sample["image"]
        seen.append((change == 0).all(axis=-1).mean())
        above.append((change[..., 0] > 500).mean(axis=(1, 2)))
        assert after["image"].max() < 1.4 * np.quantile(sample["image"], 0.995)
        assert (after["image"] > 0).all()
    assert 0.2 < np.mean(seen) < 0.8
    assert 0.05 < np.mean(above) < 0.4
    assert np.std(above, axis=0).min() > 0.03


def test_clouds_come_as_often_as_asked_and_not_where_nothing_was_seen():
    sample = smooth("uint16", (200, 16, 16, 3))
    after = augment.cloud_paste(sample, draw(0), probability=0.3, coverage=1, shadow=1)
    changed = (after["image"] != sample["image"]).any(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(0.3, abs=0.08)
    assert not after["image"][2].any()
    assert augment.cloud_paste(sample, draw(0), probability=0) is sample


def test_clouds_have_soft_edges():
    sample = smooth("float32", (1, 64, 64, 3))
    sample["image"][:] = 1000
    steps = []
    for seed in range(10):
        pasted = augment.cloud_paste(
            sample, draw(seed), probability=1, brightness=6, shadow=0
        )["image"][0, ..., 0]
        steps.append(np.abs(np.diff(pasted, axis=0)).max() / max(np.ptp(pasted), 1))
    assert np.median(steps) < 0.5
