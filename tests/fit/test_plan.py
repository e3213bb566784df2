"""What a recipe says is what is built and fitted."""

import keras
import numpy as np
import pytest
from fakes import LEGEND

from kerasseg import artifact
from kerasseg.fit import plan
from kerasseg.fit.feed import Feed, SetEpoch


@pytest.fixture(autouse=True)
def float32_again():
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    "option",
    [
        "precision=mixed_bfloat16",
        "steps_per_execution=3",
        "accumulate=2",
        "ema=0.9",
        "clip_norm=0.1",
        "weight_decay=0.01",
        "optimizer=adamw",
        "optimizer=sgd",
        "schedule={name: cosine, warmup_epochs: 1}",
    ],
)
def test_a_fit_with_each_option_learns(tiny_recipe, option):
    recipe = tiny_recipe(f"training.{option}", "training.learning_rate=0.02")
    made = plan.make(recipe)
    feed = Feed(made.train, steps=made.steps)
    history = made.model.fit(
        feed, epochs=8, verbose=0, shuffle=False, callbacks=[SetEpoch(feed)]
    ).history
    feed.close()
    assert history["loss"][-1] < history["loss"][0]
    assert made.model.output.dtype == "float32"


def test_a_model_keeps_the_size_of_the_pixels_it_is_fitted_on(tiny_recipe, monkeypatch):
    assert artifact.resolution(plan.make(tiny_recipe()).saved) is None
    monkeypatch.setattr("fakes.World.resolution", 10.0, raising=False)
    assert artifact.resolution(plan.make(tiny_recipe()).saved) == 10.0


def test_every_epoch_is_shuffled_anew_and_again_the_same(tiny_recipe):
    made = plan.make(tiny_recipe())
    feed = Feed(made.train)
    epochs = []
    for number in (0, 1, 0):
        feed.epoch = number
        epochs.append(feed[0][1])
    feed.close()
    assert not np.array_equal(epochs[0], epochs[1])
    np.testing.assert_array_equal(epochs[0], epochs[2])


def test_a_feed_begins_in_the_middle_where_an_epoch_stopped(tiny_recipe):
    made = plan.make(tiny_recipe())
    whole, rest = Feed(made.train), Feed(made.train, start=1)
    expected = [whole[index][1] for index in range(len(whole))][1:]
    found = [rest[index][1] for index in range(len(rest))]
    whole.close()
    rest.close()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("kind", "of_black", "of_white"),
    [("minmax", 0, 1), ("none", 0, 255)],
)
def test_pixels_are_scaled_as_the_recipe_says(tiny_recipe, kind, of_black, of_white):
    made = plan.make(tiny_recipe(f"training.normalization={kind}"))
    bands = made.saved.get_layer("bands")
    image = np.array([0, 255], np.uint8)[None, None, :, None].repeat(3, -1)
    scaled = keras.ops.convert_to_numpy(bands(image))[0, 0, :, 0]
    np.testing.assert_allclose(scaled, [of_black, of_white])


def test_standard_pixels_have_mean_0_and_deviation_1_over_training(tiny_recipe):
    made = plan.make(tiny_recipe())
    images = np.stack([sample["image"] for sample in made.datasets["train"]])
    scaled = keras.ops.convert_to_numpy(made.saved.get_layer("bands")(images))
    np.testing.assert_allclose(scaled.mean((0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(scaled.std((0, 1, 2)), 1, atol=1e-3)


def test_photographs_meet_an_encoder_as_it_knows_them(tiny_recipe):
    asked = tiny_recipe(
        "model={name: unet, encoder: resnet18, layout: smp, encoder_width: 4}",
        "training.normalization=encoder",
    )
    train = plan.load(asked)["train"]
    mean, std = plan.normalization(asked, train)
    np.testing.assert_allclose(mean, [123.675, 116.28, 103.53], rtol=1e-6)
    np.testing.assert_allclose(std, [58.395, 57.12, 57.375], rtol=1e-6)


def test_other_data_are_given_the_mean_and_spread_an_encoder_knows(tiny_recipe):
    class Reflectances:
        bands = ("B02", "B03", "B04", "B08")

        def __getitem__(self, index):
            return {"image": np.zeros((8, 8, 4), np.uint16)}

        def statistics(self):
            return np.array([900.0, 1100, 1000, 3000]), np.array([400.0, 500, 600, 900])

    asked = tiny_recipe(
        "model={name: unet, encoder: resnet18, layout: smp, encoder_width: 4}",
        "training.normalization=encoder",
    )
    mean, std = plan.normalization(asked, Reflectances())
    scaled = (np.array([900.0, 1100, 1000, 3000]) - mean) / std
    np.testing.assert_allclose(scaled, 0, atol=1e-9)


def test_normalisation_for_an_encoder_needs_a_model_with_one(tiny_recipe):
    with pytest.raises(ValueError, match=r"tiny has no encoder\. Use"):
        plan.make(tiny_recipe("training.normalization=encoder"))


def test_the_momentum_of_running_statistics_can_be_set(tiny_recipe):
    made = plan.make(tiny_recipe("training.norm_momentum=0.5"))
    assert made.saved.get_layer("tiny").get_layer("norm").momentum == 0.5


def test_rare_classes_weigh_more_where_the_recipe_says_inverse(tiny_recipe):
    recipe = tiny_recipe("loss={name: cross_entropy, class_weights: inverse}")
    made = plan.make(recipe)
    train, bound = made.datasets["train"], made.model.loss
    rare = int(np.argmin(train.class_counts()))
    labels = np.full((1, 2, 2), rare)
    labels[0, 0] = int(np.argmax(train.class_counts()))
    logits = np.zeros((1, 2, 2, 3), "float32")
    logits[0, 1, :, rare] = -4
    wrong_on_rare = float(bound(labels, logits))
    logits = logits[:, ::-1, :, :].copy()
    logits[0, 0] = 0
    logits[0, 0, :, labels[0, 0, 0]] = -4
    logits[0, 1] = 0
    assert wrong_on_rare > float(bound(labels, logits))


def test_percentiles_become_0_and_1(tiny_recipe):
    class Counted:
        bands = ("a", "b")
        percentiles = {"2": (5.0, 7.0), "98": (15.0, 7.0)}  # noqa: RUF012

    asked = tiny_recipe("training.normalization=percentiles")
    low, span = plan.normalization(asked, Counted())
    np.testing.assert_array_equal(
        (np.array([[5, 7], [15, 8]]) - low) / span, [[0, 0], [1, 1]]
    )
    with pytest.raises(
        ValueError, match=r"the data has none. Prepare patches, and run"
    ):
        plan.make(asked)


def test_samples_of_rare_classes_are_drawn_more_often(tiny_recipe, monkeypatch):
    datasets = plan.load(tiny_recipe())
    held = np.ones((len(datasets["train"]), 3), int)
    held[1:, 0] = 0
    object.__setattr__(datasets["train"], "counts", held)
    train, _ = plan.feeds(tiny_recipe("training.oversample=1.0"), datasets)
    rare = (len(held)) ** 0.5
    assert train._plan.weights == pytest.approx((rare, *[1.0] * (len(held) - 1)))


def test_class_weights_must_be_one_per_class(tiny_recipe):
    recipe = tiny_recipe("loss={name: cross_entropy, class_weights: [1, 2]}")
    names = ", ".join(LEGEND.names)
    with pytest.raises(ValueError, match=f"2 weights for 3 classes.*{names}"):
        plan.make(recipe)


def test_a_batch_larger_than_the_split_is_told(tiny_recipe):
    with pytest.raises(ValueError, match="batch"):
        plan.make(tiny_recipe("training.batch_size=64"))
    with pytest.raises(ValueError, match="steps_per_execution 8"):
        plan.make(tiny_recipe("training.steps_per_execution=8"))
