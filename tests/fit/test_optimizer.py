"""The learning rate follows the schedule that the recipe states."""

import keras
import numpy as np
import pytest

from kerasseg.fit.optimizer import learning_rate, optimizer


def rates(training, updates_per_epoch):
    schedule = learning_rate(training, updates_per_epoch)
    steps = range(training.epochs * updates_per_epoch + 1)
    return [float(keras.ops.convert_to_numpy(schedule(step))) for step in steps]


def test_cosine_rises_to_the_rate_and_falls_to_its_final_fraction(tiny_recipe):
    training = tiny_recipe(
        "training.schedule={name: cosine, warmup_epochs: 1, final_fraction: 0.1}"
    ).training
    found = rates(training, updates_per_epoch=10)
    half_way = 0.01 * (0.1 + 0.9 * (1 + np.cos(np.pi / 2)) / 2)
    np.testing.assert_allclose(found[:11], np.linspace(0, 0.01, 11), atol=1e-8)
    np.testing.assert_allclose(found[20], half_way, rtol=1e-5)
    np.testing.assert_allclose(found[30], 0.001, rtol=1e-5)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_other_schedules_begin_as_a_plain_number(tiny_recipe, schedule):
    training = tiny_recipe(f"training.schedule={schedule}").training
    assert learning_rate(training, 10) == 0.01


def test_two_accumulated_batches_move_weights_like_one_of_twice_the_size(tiny_recipe):
    moved = []
    for accumulate, size in [(2, 4), (1, 8)]:
        recipe = tiny_recipe(
            f"training.accumulate={accumulate}", "training.optimizer=sgd"
        )
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(optimizer(recipe.training, 8 // size), "mse")
        model.fit(x, y, batch_size=size, shuffle=False, verbose=0)
        moved.append(model.get_weights()[0])
    np.testing.assert_allclose(*moved, rtol=1e-5)


def test_a_long_gradient_is_cut_over_all_weights_together(tiny_recipe):
    training = tiny_recipe("training.clip_norm=1.0", "training.optimizer=sgd").training
    rule = optimizer(training, 1)
    weights = [keras.Variable(np.zeros(1, "float32")) for _ in range(2)]
    rule.apply([keras.ops.array([30.0]), keras.ops.array([40.0])], weights)
    np.testing.assert_allclose(
        np.ravel([keras.ops.convert_to_numpy(weight) for weight in weights]),
        [-0.006, -0.008],
        rtol=1e-5,
    )


def test_the_details_of_each_rule_are_those_of_the_recipe(tiny_recipe):
    adam = tiny_recipe("training.epsilon=1e-8").training
    assert optimizer(adam, 10).epsilon == 1e-8
    sgd = tiny_recipe("training.optimizer=sgd", "training.momentum=0").training
    assert optimizer(sgd, 10).momentum == 0
