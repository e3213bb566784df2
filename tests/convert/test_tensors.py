"""Tensors find their variables by name, and come back as they were."""

import keras
import numpy as np
import pytest

from kerasseg.convert import sinusoid, tensors
from kerasseg.layers.temporal_attention import TemporalAttention
from kerasseg.models import stenn, utae

pytestmark = pytest.mark.once


def _model(**options):
    """One layer of each kind, and one with modules of its own."""
    image = keras.Input((None, None, None, 4), name="image")
    days = keras.Input((None,), name="days", dtype="int32")
    year = keras.Input((None,), name="day_of_year", dtype="int32")
    attention = TemporalAttention(
        2, 6, 2, mlp=(8,), dates="both", name="temporal_encoder", **options
    )
    x, _ = attention(image, days, day_of_year=year)
    x = keras.layers.Conv2D(3, 5, name="a.0")(x)
    x = keras.layers.DepthwiseConv2D(3, name="a.1.depthwise")(x)
    x = keras.layers.Conv2DTranspose(5, 4, 2, name="a.2")(x)
    x = keras.layers.BatchNormalization(name="a.3")(x)
    return keras.Model({"image": image, "days": days, "day_of_year": year}, x)


def _filled(state):
    """Give each tensor values of its own."""
    rng = np.random.default_rng(0)
    return {
        key: rng.normal(size=value.shape).astype("float32")
        if value.dtype == np.float32
        else value
        for key, value in state.items()
    }


def test_axes_lie_as_in_pytorch():
    model = _model()
    published = _filled(tensors.state(model))
    tensors.load_state(model, published)
    kernel = {name: model.get_layer(name).kernel for name in ("a.0", "a.2")}
    depthwise = model.get_layer("a.1.depthwise").kernel
    # A convolution is (out, in, h, w), a transposed one (in, out, h, w).
    assert published["a.0.weight"].shape == (3, 8, 5, 5)
    assert kernel["a.0"][1, 2, 7, 0] == published["a.0.weight"][0, 7, 1, 2]
    assert published["a.2.weight"].shape == (3, 5, 4, 4)
    assert kernel["a.2"][1, 2, 4, 0] == published["a.2.weight"][0, 4, 1, 2]
    assert published["a.1.depthwise.weight"].shape == (3, 1, 3, 3)
    assert depthwise[1, 2, 2, 0] == published["a.1.depthwise.weight"][2, 0, 1, 2]
    # The embedding is a convolution over dates, keys and `mlp` are linear.
    inside = {v.path.partition("/")[2]: v for v in model.layers[3].weights}
    assert published["temporal_encoder.inconv.weight"].shape == (6, 4, 1)
    np.testing.assert_array_equal(
        inside["inconv.kernel"], published["temporal_encoder.inconv.weight"][..., 0].T
    )
    np.testing.assert_array_equal(
        inside["mlp.0/kernel"], published["temporal_encoder.mlp.0.weight"].T
    )


@pytest.mark.parametrize("layout", ["utae", "crop2seg"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_tensors_of_either_family_come_back(layout, prefix):
    source, target = _model(layout="crop2seg"), _model(layout=layout)
    published = _filled(tensors.state(source))
    assert published["temporal_encoder.attention_head.Q"].shape == (2, 1, 2)
    loaded = tensors.load_state(target, {prefix + k: v for k, v in published.items()})
    assert (loaded.missing, loaded.unused) == ((), ())
    assert f"{prefix}temporal_encoder.mlp.2.weight" in loaded.used
    found = tensors.state(target, crop2seg=True)
    assert found.keys() == published.keys()
    for key, tensor in published.items():
        np.testing.assert_array_equal(found[key], tensor, strict=True, err_msg=key)
    ours = tensors.state(target, crop2seg=False)
    assert ours["temporal_encoder.attention_heads.Q"].shape == (2, 2)
    assert "temporal_encoder.mlp.1.running_var" in ours


def test_the_last_days_of_a_year_are_as_the_day_before():
    model = _model()
    published = _filled(tensors.state(model))
    table = published["temporal_encoder.positional_encoder_abs.fc.weight"]
    assert table.shape == (3, 365)
    tensors.load_state(model, published)
    [ours] = [v for v in model.weights if tuple(v.shape) == (367, 3)]
    np.testing.assert_array_equal(ours[:365], table.T)
    np.testing.assert_array_equal(ours[365:], table.T[[364, 364]])


def test_models_inside_models_have_the_same_names():
    model = _model()
    inputs = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    outer = keras.Model(inputs, model(inputs))
    assert tensors.state(outer).keys() == tensors.state(model).keys()


def test_what_is_left_over_and_what_lacks_is_told():
    model = _model()
    published = _filled(tensors.state(model))
    del published["a.0.bias"]
    published["fc.weight"] = np.zeros((2, 2), "float32")
    loaded = tensors.load_state(model, published)
    assert loaded.unused == ("fc.weight",)
    assert loaded.missing == ("a.0.bias",)
    assert not any("num_batches_tracked" in key for key in loaded.used)


def test_a_tensor_that_does_not_fit_changes_nothing():
    model = _model()
    before = tensors.state(model)
    published = _filled(before)
    published["a.3.running_var"] = np.ones(7, "float32")
    with pytest.raises(ValueError, match=r"a\.3\.running_var has the shape \(7,\)"):
        tensors.load_state(model, published)
    for key, tensor in tensors.state(model).items():
        np.testing.assert_array_equal(tensor, before[key])


def test_a_square_matrix_is_turned_too():
    """Its shape does not tell."""
    image = keras.Input((4,), name="image")
    model = keras.Model(image, keras.layers.Dense(4, name="fc")(image))
    published = _filled(tensors.state(model))
    tensors.load_state(model, published)
    np.testing.assert_array_equal(
        model.get_layer("fc").kernel, published["fc.weight"].T
    )


def test_two_variables_of_one_name_are_refused():
    image = keras.Input((4,), name="image")
    inner = keras.Model(image, keras.layers.Dense(4, name="fc")(image))
    model = keras.Model(image, keras.layers.Dense(4, name="fc")(inner(image)))
    with pytest.raises(ValueError, match=r"both called fc\.weight"):
        tensors.state(model)


def _stenn():
    return stenn.build(
        2, 3, encoder_widths=(8,), dilation_rates=((1, 1, 1),), out_widths=()
    )


def test_the_table_of_sinusoids_is_compared_and_written_back():
    model = _stenn()
    published = tensors.state(model)
    table = published["position_embedding.pe"]
    assert table.shape == (400, 8)
    np.testing.assert_allclose(table[100, :2], [-0.506366, 0.862319], atol=1e-6)
    assert "position_embedding.pe" in tensors.load_state(model, published).used
    published["position_embedding.pe"] = table[::-1]
    with pytest.raises(ValueError, match=r"position_embedding\.pe is not the table"):
        tensors.load_state(model, published)


def test_the_table_of_sinusoids_is_the_published_one(shared):
    from safetensors.numpy import load_file

    weights = load_file(shared("golden", "stenn_default", "weights.safetensors"))
    assert sinusoid.accepts("position_embedding.pe", weights["position_embedding.pe"])


def test_norms_without_weights_need_none():
    model = utae.build(
        2,
        3,
        encoder_widths=(4, 4),
        decoder_widths=None,
        out_conv=(),
        encoder_norm="instance",
        n_head=2,
        d_model=4,
        d_k=2,
    )
    state = tensors.state(model)
    assert "in_conv.conv.conv.0.weight" in state
    assert "in_conv.conv.conv.1.weight" not in state
