"""The attention, rewritten, agrees with its plain equations, and knows no padding."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg.backend import compile_options
from kerasseg.convert.tensors import state
from kerasseg.layers.temporal_attention import TemporalAttention

OPTIONS = {"heads": 2, "model_width": 8, "key_width": 3, "mlp": (6, 4)}


def _norm(x, axes, shown, scale, offset):
    """Normalise over `axes` where `shown`; x is `(..., groups, channels of one)`."""
    shown = np.broadcast_to(shown, x.shape)
    count = np.maximum(shown.sum(axes, keepdims=True), 1)
    centred = x - (x * shown).sum(axes, keepdims=True) / count
    variance = (centred**2 * shown).sum(axes, keepdims=True) / count
    x = (centred / np.sqrt(variance + 1e-5)).reshape(*x.shape[:-2], -1)
    return x * scale + offset


def _waves(days, width, heads):
    angle = days[..., None] / 1000 ** (2 * (np.arange(width) // 2) / width)
    even = np.arange(width) % 2 == 0
    return np.tile(np.where(even, np.sin(angle), np.cos(angle)), heads)


def _encoding(w, days, year, dates, linear):
    def mix(x, name="positional_encoder"):
        return x @ w[f"{name}.fc.weight"].T + w[f"{name}.fc.bias"]

    def table(name):
        return np.tile(mix(np.eye(365)[year], name), 2)

    if dates == "day_of_year" and not linear:
        return table("positional_encoder")
    waves = _waves(year if dates == "day_of_year" else days, 4, 2)
    waves = mix(waves) if linear else waves
    return waves + table("positional_encoder_abs") if dates == "both" else waves


def _plain(w, batch, padding="ignored", dates="days", linear=False, training=False):
    """L-TAE in float64, step by step, on published weights `w`."""
    x, shown, heads = batch["x"].astype("float64"), batch["observed"], 2
    days, year = (
        np.where(batch[name] == -1, 0, batch[name]) for name in ("days", "day_of_year")
    )
    x = x.transpose(0, 2, 3, 1, 4)  # (B, H, W, T, C)
    seen = shown[:, None, None, :, None]
    counted = seen[..., None] if padding == "ignored" else np.array(True)
    x = x.reshape(*x.shape[:4], heads, -1)
    x = _norm(x, (3, 5), counted, w["in_norm.weight"], w["in_norm.bias"])
    x = x @ w["inconv.weight"][..., 0].T + w["inconv.bias"]
    x = x + _encoding(w, days, year, dates, linear)[:, None, None]
    keys = x @ w["attention_heads.fc1_k.weight"].T + w["attention_heads.fc1_k.bias"]
    query = w["attention_heads.Q"]
    keys = keys.reshape(*keys.shape[:4], *query.shape)
    score = (keys * query).sum(-1) / np.sqrt(query.shape[1])
    score = np.where(seen, score, -1e3)  # (B, H, W, T, heads)
    weight = np.exp(score - score.max(3, keepdims=True))
    weight /= weight.sum(3, keepdims=True)
    x = (weight[..., None] * x.reshape(*x.shape[:4], heads, -1)).sum(3)
    x = x.reshape(*x.shape[:3], -1)
    for first in (0, 3):
        x = x @ w[f"mlp.{first}.weight"].T + w[f"mlp.{first}.bias"]
        name = f"mlp.{first + 1}"
        mean, variance = w[f"{name}.running_mean"], w[f"{name}.running_var"]
        if training:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        x = (x - mean) / np.sqrt(variance + 1e-5)
        x = np.maximum(x * w[f"{name}.weight"] + w[f"{name}.bias"], 0)
    x = x.reshape(*x.shape[:3], heads, -1)
    x = _norm(x, (4,), np.array(True), w["out_norm.weight"], w["out_norm.bias"])
    return {"out": x, "att": weight.transpose(0, 4, 3, 1, 2)}


@pytest.fixture(scope="module")
def build(alone):
    """Return a function that builds the attention with the same weights each time."""

    def build(**options):
        layer = TemporalAttention(**{**OPTIONS, **options}, name="alone")
        return _give_weights(alone(layer, 4))

    return build


def _give_weights(model):
    rng = np.random.default_rng(1)
    for weight in model.weights:
        value = rng.normal(size=weight.shape)
        weight.assign(abs(value) + 0.5 if weight.name == "moving_variance" else value)
    return model


@pytest.fixture
def series(batch):
    """Return two series of 5 and 3 dates on 4 x 3 pixels."""
    rng = np.random.default_rng(2)
    days = np.array([[3, 40, 90, 200, 350], [10, 20, 300, -1, -1]])
    return batch(rng.normal(2, 3, size=(2, 5, 4, 3, 4)), days)


def _weights(model):
    return {k.removeprefix("alone."): v for k, v in state(model).items()}


@pytest.mark.parametrize("padding", ["ignored", "published"])
@pytest.mark.parametrize(
    ("dates", "linear"),
    [("days", True), ("day_of_year", False), ("day_of_year", True), ("both", False)],
)
def test_the_fold_agrees_with_the_plain_equations(
    build, series, padding, dates, linear
):
    model = build(padding=padding, dates=dates, linear=linear)
    found = model.predict_on_batch(series)
    expected = _plain(_weights(model), series, padding, dates, linear)
    np.testing.assert_allclose(found["att"], expected["att"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["out"], expected["out"], rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def model(build):
    return build()


def _same(found, expected):
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)


def test_padded_dates_change_nothing(model, series):
    found = model.predict_on_batch(series)
    short = {name: value[1:, :3] for name, value in series.items()}
    alone = model.predict_on_batch(short)
    _same({"out": found["out"][1:], "att": found["att"][1:, :, :3]}, alone)
    assert not found["att"][1, :, 3:].any()


def test_the_content_of_padded_dates_does_not_matter(model, series):
    dark = {**series, "x": series["x"] * series["observed"][..., None, None, None]}
    _same(model.predict_on_batch(series), model.predict_on_batch(dark))


def test_the_order_of_dates_does_not_matter(model, series):
    order = [3, 0, 4, 2, 1]
    found = model.predict_on_batch({k: v[:, order] for k, v in series.items()})
    expected = model.predict_on_batch(series)
    _same(found, {"out": expected["out"], "att": expected["att"][:, :, order]})


def test_a_series_without_any_date_gives_numbers(model, series):
    none = np.zeros_like(series["observed"])
    found = model.predict_on_batch({**series, "observed": none})
    assert np.isfinite(found["out"]).all()
    assert not found["att"].any()


def _gradients(model, series, towards):
    """Return what one step of plain descent takes from each weight."""
    before = {k: v.astype("float64") for k, v in state(model).items()}
    model.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss={name: _product for name in towards},
        **compile_options(),
    )
    model.train_on_batch(series, towards)
    after = state(model)
    return {key: before[key] - after[key] for key in before}


def _product(towards, answer):
    return ops.sum(towards * answer)


class _Added(keras.layers.Layer):
    """Adds a weight of the input's own size, which then has the input's gradient."""

    def build(self, shape):
        self.added = self.add_weight(shape=(2, 5, 4, 3, 4), name="added")

    def call(self, x):
        return x + self.added


@pytest.mark.parametrize("pixels", [None, 5])
def test_gradients_agree_with_differences_of_the_plain_equations(build, series, pixels):
    alone = build(attention_dropout=0.0, dropout=0.0, pixels=pixels)
    inputs = {
        k: keras.Input(batch_shape=v.shape, dtype=v.dtype, name=k)
        for k, v in series.items()
    }
    added = _Added(name="input")(inputs["x"])
    model = keras.Model(inputs, alone({**inputs, "x": added}))
    rng = np.random.default_rng(3)
    towards = {
        name: rng.normal(size=value.shape).astype("float32")
        for name, value in alone.predict_on_batch(series).items()
    }
    weights = state(model)
    found = _gradients(model, series, towards)

    def total(weights):
        x = series["x"] + weights["input.added"].astype("float64")
        own = {k.removeprefix("alone."): v for k, v in weights.items()}
        answer = _plain(own, {**series, "x": x}, training=True)
        return sum((answer[name] * towards[name]).sum() for name in answer)

    learnt = [k for k in found if "running" not in k and "num_batches" not in k]
    assert len(learnt) == 18
    for key in learnt:
        direction = rng.normal(size=weights[key].shape)
        step = 1e-6 * direction
        higher = total({**weights, key: weights[key] + step})
        lower = total({**weights, key: weights[key] - step})
        expected = (higher - lower) / 2e-6
        scale = np.sqrt((found[key] ** 2).sum()) + 1
        assert (found[key] * direction).sum() == pytest.approx(
            expected, abs=3e-4 * scale
        ), key


def test_few_pixels_at_once_answer_as_all_at_once(build, model, series):
    for pixels in (1, 5, 12):
        some = build(pixels=pixels)
        _same(some.predict_on_batch(series), model.predict_on_batch(series))


class _Training(keras.layers.Layer):
    """Calls a layer as in training."""

    answer = "attention"

    def __init__(self, inner):
        super().__init__(name="training")
        self.inner = inner

    def call(self, **inputs):
        return self.inner(**inputs, training=True)

    def compute_output_spec(self, **inputs):
        return self.inner.compute_output_spec(**inputs)


@pytest.mark.parametrize("pixels", [None, 5])
def test_dropout_takes_attention_away_and_the_rest_grows(build, alone, series, pixels):
    model = build(attention_dropout=0.5, answer="attention", pixels=pixels)
    calm = model.predict_on_batch(series)["att"]
    training = alone(_Training(model.layers[-1]), 4)
    noisy = training.predict_on_batch(series)["att"]
    dropped = noisy == 0
    assert 0.2 < dropped[calm > 0].mean() < 0.8
    np.testing.assert_allclose(noisy[~dropped], 2 * calm[~dropped], rtol=1e-4)
    assert (training.predict_on_batch(series)["att"] != noisy).any()


@pytest.mark.parametrize("pixels", [None, 64])
def test_no_two_parts_of_a_map_drop_the_same(build, alone, batch, pixels):
    series = batch(np.ones((1, 3, 8, 16, 4)), np.array([[1, 2, 3]]))
    layer = build(attention_dropout=0.5, answer="attention", pixels=pixels).layers[-1]
    noisy = alone(_Training(layer), 4).predict_on_batch(series)["att"]
    above, below = np.split(noisy == 0, 2, axis=3)
    assert 0.4 < (above != below).mean() < 0.6


def test_a_saved_layer_comes_back(build, tmp_path, series):
    model = build(dates="both", linear=True, layout="crop2seg", pixels=5)
    model.save(tmp_path / "alone.keras")
    back = keras.saving.load_model(tmp_path / "alone.keras", compile=False)
    _same(back.predict_on_batch(series), model.predict_on_batch(series))


@pytest.mark.once
def test_widths_must_be_multiples_of_the_heads():
    with pytest.raises(ValueError, match="7 channels for 2 heads"):
        TemporalAttention(heads=2, model_width=8, mlp=(7,)).build((1, 1, 1, 1, 4))


@pytest.mark.once
def test_the_day_of_the_year_is_asked_for():
    layer = TemporalAttention(**OPTIONS, dates="both")
    with pytest.raises(ValueError, match="needs `day_of_year`"):
        layer(np.zeros((1, 2, 2, 2, 4), "float32"), np.zeros((1, 2), "int32"))
