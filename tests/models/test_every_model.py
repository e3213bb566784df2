"""What every model owes its users. A new file in `kerasseg/models` is tested here."""

import importlib
import inspect
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasseg.models

BANDS, CLASSES = 4, 3
FILES = sorted(Path(kerasseg.models.__path__[0]).glob("[!_]*.py"))
SMALL = {"encoder_widths": (8, 8, 16), "n_head": 4, "d_model": 16}
NARROW = {
    "unet": {"encoder_width": 4, "decoder_widths": (16, 8, 8, 8, 8)},
    "fpn": {"encoder_width": 4, "decoder_widths": (16, 8)},
    "segformer": {
        "depths": (1, 1, 1, 1),
        "widths": (4, 8, 20, 32),
        "decoder_width": 8,
    },
    "utae": SMALL | {"decoder_widths": (8, 8, 16), "out_conv": (8,)},
    "wtae": SMALL | {"decoder_widths": (8, 8, 16), "out_conv": (8,)},
    "timeunet": SMALL | {"decoder_widths": (8, 8, 16), "out_conv": (8,)},
    "stenn": {
        "encoder_widths": (4, 8),
        "dilation_rates": ((1, 2), (4, 8)),
        "out_widths": (8,),
        "num_heads": 4,
        "dim_feedforward": 16,
    },
}
"""Options that make a model small; one without works too, only slower."""


@pytest.fixture(scope="module", params=[file.stem for file in FILES])
def model(request):
    keras.utils.set_random_seed(0)
    build = importlib.import_module(f"kerasseg.models.{request.param}").build
    return build(BANDS, CLASSES, **NARROW.get(request.param, {}))


def _batch(model, height, width):
    """Two samples; the second series ends with two padded dates."""
    rng = np.random.default_rng(0)
    if len(model.input["image"].shape) == 4:
        image = rng.normal(size=(2, height, width, BANDS))
        return {"image": image.astype("float32")}
    image = rng.normal(size=(2, 4, height, width, BANDS)).astype("float32")
    days = np.array([[3, 40, 99, 120], [7, 61, -1, -1]], "int32")
    return {"image": image, "days": days}


@pytest.fixture
def series(model):
    """Return a batch of full series, unless the model reads single images.

    Of a shape that is met above already: to compile for another takes seconds.
    """
    if len(model.input["image"].shape) == 4:
        pytest.skip("reads one date")
    rng = np.random.default_rng(1)
    image = rng.normal(size=(2, 4, 32, 64, BANDS)).astype("float32")
    days = np.sort(rng.choice(360, size=(2, 4), replace=False), axis=1)
    return {"image": image, "days": days.astype("int32")}


def test_options_can_be_read_without_running_the_file(model):
    build = importlib.import_module(f"kerasseg.models.{model.name}").build
    first, second, *options = inspect.signature(build).parameters.values()
    assert (first.name, second.name) == ("bands", "num_classes")
    for option in options:
        assert option.kind is option.KEYWORD_ONLY
        assert option.annotation is not option.empty
        assert option.default is not option.empty


@pytest.mark.parametrize(("height", "width"), [(32, 64), (50, 70), (1, 33)])
def test_gives_one_logit_per_class_and_pixel(model, height, width):
    logits = model.predict_on_batch(_batch(model, height, width))
    assert logits.shape == (2, height, width, CLASSES)
    assert logits.dtype == np.float32
    assert model.output.shape == (None, None, None, CLASSES)


def test_comes_back_the_same_from_disk(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    batch = _batch(model, 32, 64)
    before, after = (m.predict_on_batch(batch) for m in (model, loaded))
    np.testing.assert_array_equal(before, after)


def test_learns(model):
    batch = _batch(model, 32, 32)
    labels = np.random.default_rng(0).integers(CLASSES, size=(2, 32, 32))
    # To compile the model itself would have it compile its answers once more.
    learner = keras.Model(model.input, model.output)
    # Adam has many times as many operations, which TensorFlow takes long to trace.
    sgd = keras.optimizers.SGD(0.1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    learner.compile(sgd, loss)
    losses = learner.fit(batch, labels, epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def _pad(series, dates):
    """Add dates that are none, whatever their images show."""
    image = np.random.default_rng(2).normal(size=(2, dates, 32, 64, BANDS))
    return {
        "image": np.concatenate([series["image"], image.astype("float32")], 1),
        "days": np.pad(series["days"], ((0, 0), (0, dates)), constant_values=-1),
    }


def test_padded_dates_change_nothing(model, series):
    alone, padded = (model.predict_on_batch(s) for s in (series, _pad(series, 3)))
    np.testing.assert_allclose(padded, alone, atol=1e-4)


def test_the_order_of_dates_changes_nothing(model, series):
    order = np.random.default_rng(2).permutation(4)
    mixed = {key: value[:, order] for key, value in series.items()}
    before, after = (model.predict_on_batch(s) for s in (series, mixed))
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_the_rest_of_the_batch_changes_nothing(model, series):
    alone = model.predict_on_batch({k: v[1:2] for k, v in series.items()})
    together = model.predict_on_batch(series)
    np.testing.assert_allclose(alone, together[1:2], atol=1e-4)


def test_a_series_without_dates_has_finite_logits(model, series):
    days = np.where([[True], [False]], series["days"], -1)
    logits = model.predict_on_batch(series | {"days": days})
    assert np.isfinite(logits).all()
