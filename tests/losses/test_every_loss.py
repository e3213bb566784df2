"""What every loss promises, whichever it is."""

import inspect

import keras
import numpy as np
import pytest

from kerasseg import lookup, losses

EVERY = lookup.names("loss")
POOLED = [
    name
    for name in EVERY
    if "per_image" in inspect.signature(getattr(losses, name)).parameters
]


@pytest.fixture(params=EVERY)
def loss(request):
    return getattr(losses, request.param)


def test_ignored_pixels_have_no_gradient_at_all(loss, batch, gradient):
    labels, logits = batch
    result = gradient(loss, labels, logits)
    assert not np.any(result[labels == 255])
    assert np.all(np.any(result[labels != 255], axis=-1))


def test_ignored_pixels_change_nothing(loss, batch):
    labels, logits = batch
    elsewhere = np.where((labels == 255)[..., None], 100 * logits[::-1], logits)
    np.testing.assert_allclose(loss(labels, elsewhere), loss(labels, logits), rtol=1e-6)


def test_not_a_number_where_nothing_is_known_stays_there(loss, batch, gradient):
    labels, logits = batch
    broken = np.where((labels == 255)[..., None], np.float32("nan"), logits)
    np.testing.assert_array_equal(
        gradient(loss, labels, broken), gradient(loss, labels, logits)
    )


def test_a_batch_without_labels_has_no_loss_and_no_gradient(loss, batch, gradient):
    labels, logits = np.full_like(batch[0], 255), batch[1]
    assert loss(labels, logits) == 0
    assert not np.any(gradient(loss, labels, logits))


def test_padding_a_batch_changes_nothing(loss, batch):
    labels, logits = batch
    padded = np.concatenate([labels, np.full_like(labels, 255)])
    doubled = np.concatenate([logits, logits])
    np.testing.assert_allclose(loss(padded, doubled), loss(labels, logits), rtol=1e-6)


@pytest.mark.parametrize("name", POOLED)
def test_padding_changes_nothing_where_images_are_scored_alone(name, batch):
    labels, logits = batch
    loss = getattr(losses, name)
    padded = np.concatenate([labels, np.full_like(labels, 255)])
    doubled = np.concatenate([logits, logits])
    np.testing.assert_allclose(
        loss(padded, doubled, per_image=True),
        loss(labels, logits, per_image=True),
        rtol=1e-6,
    )


def test_a_class_can_be_the_ignored_one(loss, batch, gradient):
    labels, logits = batch
    by_class = np.where(labels == 255, 4, labels)
    without = np.where(labels == 4, 255, labels)
    np.testing.assert_allclose(
        loss(by_class, logits, ignore=4), loss(without, logits, ignore=4), rtol=1e-6
    )
    result = gradient(lambda a, b: loss(a, b, ignore=4), by_class, logits)
    assert not np.any(result[by_class == 4])


def test_padding_is_ignored_whatever_the_ignored_class(loss, batch, gradient):
    labels, logits = batch
    result = gradient(lambda a, b: loss(a, b, ignore=4), labels, logits)
    assert not np.any(result[(labels == 255) | (labels == 4)])
    assert np.any(result)


def test_only_the_ratios_of_class_weights_count(loss, batch):
    once = loss(*batch, class_weights=(1, 2, 3, 4, 0.5))
    twice = loss(*batch, class_weights=(2, 4, 6, 8, 1.0))
    np.testing.assert_allclose(once, twice, rtol=1e-6)
    assert abs(float(once) - float(loss(*batch))) > 1e-3


def test_equal_class_weights_are_none(loss, batch):
    np.testing.assert_allclose(
        loss(*batch, class_weights=[3] * 5), loss(*batch), rtol=1e-6
    )


def test_the_number_type_of_the_labels_does_not_matter(loss, batch):
    labels, logits = batch
    expected = loss(labels, logits)
    for dtype in ("float32", "int32", "int64"):
        assert loss(labels.astype(dtype), logits) == expected


def test_half_precision_logits_are_summed_in_single_precision(loss, batch):
    labels, logits = batch
    half = keras.ops.cast(logits, "bfloat16")
    result = loss(labels, half)
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    np.testing.assert_allclose(result, loss(labels, logits), rtol=0.02)


def test_logits_of_any_size_give_finite_gradients(loss, batch, gradient):
    labels, logits = batch
    for factor in (1e4, 1e-4):
        assert np.all(np.isfinite(gradient(loss, labels, factor * logits)))


def test_certain_and_right_is_almost_no_loss(loss, batch):
    # Of one class, since some losses call no pixel certain whose neighbours differ.
    labels = np.where(batch[0] == 255, 255, 2)
    certain = 50 * np.eye(5, dtype=np.float32)[labels % 5]
    smoothed = "label_smoothing" in inspect.signature(loss).parameters
    options = {"label_smoothing": 0.0} if smoothed else {}
    assert abs(float(loss(labels, certain, **options))) < 1e-5


def test_a_small_step_down_the_gradient_lowers_the_loss(loss, batch, gradient):
    labels, logits = batch
    slope = gradient(loss, labels, logits)
    step = 1e-2 / np.abs(slope).max()
    assert loss(labels, logits - step * slope) < loss(labels, logits)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((1, 2), r"\[1, 2\] for 5 classes"),
        ((1, 2, 3, -4, 5), "none negative"),
        ((0, 0, 0, 0, 0), "above 0"),
    ],
)
def test_class_weights_that_cannot_be_are_refused(loss, batch, weights, message):
    with pytest.raises(ValueError, match=message):
        loss(*batch, class_weights=weights)


def test_a_model_learns_from_it(loss, batch):
    labels, _ = batch
    keras.utils.set_random_seed(0)
    image = np.eye(5, dtype=np.float32)[labels % 5]
    model = keras.Sequential([keras.Input((8, 7, 5)), keras.layers.Conv2D(5, 1)])
    model.compile(keras.optimizers.Adam(0.1), loss=loss)
    first = model.evaluate(image, labels, verbose=0)
    np.testing.assert_allclose(
        first, loss(labels, model.predict_on_batch(image)), rtol=1e-5
    )
    model.fit(image, labels, batch_size=3, epochs=5, verbose=0)
    assert model.evaluate(image, labels, verbose=0) < first
