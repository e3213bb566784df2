"""Augmentation moves image and label together, repeatably, and invents no class."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from kerasseg import augment
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once

EVERY = [
    augment.affine,
    augment.cloud_paste,
    augment.color_jitter,
    augment.flip,
    augment.gaussian_noise,
    augment.noise,
    augment.quarter_turn,
    partial(augment.random_crop, size=12),
    partial(augment.rare, classes=[2, 4], transforms=[{"name": "quarter_turn"}]),
]
TYPES = ["uint8", "uint16", "int16", "float32"]


@pytest.fixture(params=TYPES)
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture
def make():
    """Return a function that draws a sample of a type and shape."""

    def sample(dtype="uint8", shape=(20, 20, 3), seed=0):
        rng = np.random.default_rng(seed)
        image = rng.integers(0, 250, shape).astype(dtype)
        if np.dtype(dtype).kind == "i":
            image -= 100
        label = rng.choice(np.array([0, 2, 4], np.uint8), shape[-3:-1])
        return {"image": image, "label": label}

    return sample


def _name(transform):
    return getattr(transform, "func", transform).__name__


def test_every_listed_name_is_tested_here():
    of_series = {"date_jitter", "max_dates", "temporal_dropout"}
    tested_apart = {"albumentations", "rotation", *of_series}
    assert {*map(_name, EVERY)} | tested_apart == {*augment.__all__}


@pytest.mark.parametrize("transform", EVERY, ids=_name)
@pytest.mark.parametrize("shape", [(20, 20, 1), (16, 20, 5), (3, 16, 16, 10)])
def test_type_and_bands_are_kept_and_the_sample_is_left_alone(
    transform, shape, dtype, make
):
    sample = make(dtype, shape)
    before = {key: value.copy() for key, value in sample.items()}
    for value in sample.values():
        value.flags.writeable = False
    for seed in range(4):
        after = transform(sample, np.random.default_rng(seed))
        assert after["image"].dtype == dtype
        assert after["label"].dtype == np.uint8
        assert after["image"].shape[:-3] == shape[:-3]
        assert after["image"].shape[-3:-1] == after["label"].shape
        assert after["image"].shape[-1] == shape[-1]
    for key, value in before.items():
        np.testing.assert_array_equal(sample[key], value)


@pytest.mark.parametrize("transform", EVERY, ids=_name)
def test_the_generator_decides_and_nothing_else(transform, make):
    def outcome(seed):
        after = transform(make(), np.random.default_rng(seed))
        return after["image"].tobytes() + after["label"].tobytes()

    assert [outcome(seed) for seed in range(20)] == [outcome(s) for s in range(20)]
    assert len({outcome(seed) for seed in range(20)}) > 2


@pytest.mark.parametrize("transform", EVERY, ids=_name)
def test_no_class_is_invented(transform, make):
    for seed in range(10):
        after = transform(make(), np.random.default_rng(seed))
        assert set(np.unique(after["label"])) <= {0, 2, 4}


@pytest.mark.parametrize(
    "transform", [augment.flip, augment.quarter_turn, augment.affine, EVERY[-1]]
)
def test_label_and_image_move_together(transform, make):
    """With the label painted into the image, it must still be there afterwards."""
    sample = make()
    sample["label"] = np.kron(sample["label"][:5, :5], np.ones((4, 4), np.uint8))
    sample["image"] = np.repeat(sample["label"][..., None], 3, axis=-1) * 50
    for seed in range(10):
        after = transform(sample, np.random.default_rng(seed))
        painted = np.abs(after["image"][..., 0] - after["label"] * 50.0)
        # Resampling mixes two classes along an edge, never inside a field.
        assert np.median(painted) == 0


def test_all_dates_of_a_series_move_together(make):
    one = make("uint16", (20, 20, 4))
    series = {**one, "image": np.repeat(one["image"][None], 3, axis=0)}
    for transform in (augment.affine, augment.flip, augment.quarter_turn):
        alone = transform(one, np.random.default_rng(3))["image"]
        for date in transform(series, np.random.default_rng(3))["image"]:
            np.testing.assert_array_equal(date, alone)


def _published(pixels, angle, down, right, mirrored, order):
    """Resample `(H, W)` in float64, as SPEC'd: rotation times shift about the centre.

    Coordinates are rows and columns; borders are mirrored, the edge pixel repeated.
    """
    height, width = pixels.shape
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0] * 3]
    )
    turn[2, 2] = 1
    shift = np.array([[1, 0, down], [0, 1, right], [0, 0, 1]])
    to_centre = np.eye(3)
    to_centre[:2, 2] = height / 2 - 0.5, width / 2 - 0.5
    matrix = to_centre @ turn @ shift @ np.linalg.inv(to_centre)
    places = np.stack([*np.mgrid[:height, :width], np.ones((height, width))])
    rows, columns, _ = np.einsum("ij,jhw->ihw", matrix, places)

    def at(row, column):
        inside = []
        for index, size in ((row, height), (column, width)):
            index = np.mod(index.astype(int), 2 * size)
            inside.append(np.minimum(index, 2 * size - 1 - index))
        return pixels[tuple(inside)].astype(float)

    if order == 0:
        moved = at(np.floor(rows + 0.5), np.floor(columns + 0.5))
    else:
        top, left = np.floor(rows), np.floor(columns)
        low, beside = rows - top, columns - left
        moved = (1 - low) * (1 - beside) * at(top, left)
        moved += (1 - low) * beside * at(top, left + 1)
        moved += low * (1 - beside) * at(top + 1, left)
        moved += low * beside * at(top + 1, left + 1)
    return moved[:: -1 if mirrored[0] else 1, :: -1 if mirrored[1] else 1]


@pytest.mark.parametrize("shape", [(24, 24, 1), (20, 32, 3), (33, 18, 7)])
@pytest.mark.parametrize("seed", range(4))
def test_affine_is_the_published_one(shape, seed, dtype, make):
    sample = make(dtype, shape, seed)
    rng = np.random.default_rng(seed)
    moved = augment.affine(sample, rng)

    rng = np.random.default_rng(seed)
    angle = np.deg2rad(rng.uniform(-90, 90))
    down, right = rng.uniform(-0.9, 0.9) * shape[0], rng.uniform(-0.9, 0.9) * shape[1]
    place = (angle, down, right, rng.random(2) < 0.5)
    for band in range(shape[-1]):
        expected = _published(sample["image"][..., band], *place, order=1)
        tolerance = 0.5 if dtype.kind != "f" else 0
        np.testing.assert_allclose(
            moved["image"][..., band], expected, rtol=0, atol=tolerance + 0.01
        )
    np.testing.assert_array_equal(
        moved["label"], _published(sample["label"], *place, order=0)
    )


def test_affine_without_moving_changes_nothing(dtype, make):
    sample = make(dtype, (20, 24, 6))
    still = {"rotation": 0, "vertical_shift": 0, "horizontal_shift": 0, "flips": False}
    after = augment.affine(sample, np.random.default_rng(0), **still)
    np.testing.assert_array_equal(after["image"], sample["image"])
    np.testing.assert_array_equal(after["label"], sample["label"])


def test_affine_can_leave_the_border_unlabelled(make):
    sample = make()
    for seed in range(5):
        mirrored, unlabelled = (
            augment.affine(sample, np.random.default_rng(seed), border=border)
            for border in ("reflect", "ignore")
        )
        np.testing.assert_array_equal(mirrored["image"], unlabelled["image"])
        inside = unlabelled["label"] != IGNORE
        assert 0 < inside.sum() < inside.size
        np.testing.assert_array_equal(
            mirrored["label"][inside], unlabelled["label"][inside]
        )


def test_affine_refuses_a_type_it_would_damage(make):
    with pytest.raises(ValueError, match="image of type float64"):
        augment.affine(make("float64"), np.random.default_rng(0))


def test_quarter_turns_are_equally_likely_and_keep_the_shape(make):
    square, wide = make(), make(shape=(8, 12, 3))
    turned = [
        augment.quarter_turn(square, np.random.default_rng(seed))["label"].tobytes()
        for seed in range(400)
    ]
    counts = [turned.count(one) for one in set(turned)]
    assert len(counts) == 4
    assert min(counts) > 70
    for seed in range(8):
        after = augment.quarter_turn(wide, np.random.default_rng(seed))
        assert after["image"].shape == (8, 12, 3)


def test_flips_happen_as_often_as_asked(make):
    sample = make()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        always = augment.flip(sample, rng, horizontal=1, vertical=0)
        np.testing.assert_array_equal(always["image"], sample["image"][:, ::-1])
        np.testing.assert_array_equal(always["label"], sample["label"][:, ::-1])


def test_color_jitter_is_brightness_then_contrast_then_saturation(make):
    sample = make("float32", (8, 8, 5))
    rng = np.random.default_rng(2)
    bright, contrasted, saturated = (1 + rng.uniform(-0.3, 0.3) for _ in range(3))
    image = sample["image"].astype(float) * bright
    image = contrasted * image + (1 - contrasted) * image.mean()
    image = saturated * image + (1 - saturated) * image.mean(axis=-1, keepdims=True)
    strengths = dict.fromkeys(["brightness", "contrast", "saturation"], 0.3)
    after = augment.color_jitter(sample, np.random.default_rng(2), **strengths)
    np.testing.assert_allclose(after["image"], image, rtol=1e-5)


def test_bright_pixels_stay_bright_instead_of_wrapping_round(make):
    sample = make()
    sample["image"] = np.full((20, 20, 3), 250, np.uint8)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        assert augment.color_jitter(sample, rng)["image"].min() > 150
        rng = np.random.default_rng(seed)
        assert augment.noise(sample, rng, deviation=9)["image"].min() > 150


def test_noise_has_the_deviation_asked_for_and_hits_the_share_asked_for(make):
    sample = make("int16", (400, 16, 16, 2))
    after = augment.noise(sample, np.random.default_rng(0), deviation=25)
    added = after["image"].astype(float) - sample["image"]
    hit = np.any(added, axis=(1, 2, 3))
    assert 0.18 < hit.mean() < 0.32
    assert added[hit].std() == pytest.approx(25, rel=0.02)
    assert abs(added[hit].mean()) < 0.5


def test_random_crop_is_a_window_of_the_sample(make):
    sample = make()
    windows = np.lib.stride_tricks.sliding_window_view(sample["label"], (12, 12))
    for seed in range(5):
        after = augment.random_crop(sample, np.random.default_rng(seed), size=12)
        assert np.any(np.all(windows == after["label"], axis=(2, 3)))


def test_random_crop_says_what_would_fit(make):
    with pytest.raises(ValueError, match="size 32 does not fit samples of 20 x 20"):
        augment.random_crop(make(), np.random.default_rng(0), size=32)


def test_compose_applies_from_first_to_last(make):
    cut = partial(augment.random_crop, size=10)
    both = augment.compose([cut, augment.flip])(make(), np.random.default_rng(4))
    rng = np.random.default_rng(4)
    expected = augment.flip(cut(make(), rng), rng)
    np.testing.assert_array_equal(both["image"], expected["image"])


def test_importing_opens_no_framework():
    heavy = "{'keras', 'tensorflow', 'jax', 'torch', 'albumentations', 'mlflow'}"
    script = f"import kerasseg.augment, sys; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
