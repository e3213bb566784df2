"""Reports of series say what a model knows from which dates."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasseg import artifact, backend, legend
from kerasseg.evaluate import series
from kerasseg.evaluate.series import attention
from kerasseg.evaluate.series.calibration import Calibration
from kerasseg.evaluate.series.profile import STEP, Profile, find_bands
from kerasseg.evaluate.series.subsets import NUMBERS, SHARES, Subsets
from kerasseg.layers.padding import PadToMultiple
from kerasseg.layers.temporal_attention import TemporalAttention
from kerasseg.models import timeunet, utae, wtae

LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "soil", "color": "#8C6A3F"},
            {"name": "maize", "color": "#E0B040"},
            {"name": "void", "color": "#FFFFFF", "codes": []},
        ]
    }
)
FIRST, MONTHLY = 30, np.arange(10) * 30


class Dataset:
    """Five series `(10, 8, 6, 2)`, a date a month from October: green maize in June."""

    bands = ("B04", "B08")
    legend = LEGEND
    ids = tuple("abcde")

    def __init__(self):
        self.reads = []

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        self.reads.append(index)
        rng = np.random.default_rng(index)
        label = rng.integers(0, 2, (8, 6)).astype(np.uint8)
        image = np.full((10, 8, 6, 2), 1000, np.int16)
        image[8, ..., 1] += np.int16(8000) * label
        label[0] = 255
        days = (FIRST + 5 + MONTHLY).astype(np.int32)  # 2018-10-06 to 2019-07-03
        return {
            "image": image,
            "label": label,
            "days": days,
            "day_of_year": ((243 + days) % 365 + 1).astype(np.int32),
        }


def greenest(scale=20.0):
    """Answer maize where some observed date is green, and void a little less surely."""
    image = keras.Input((None, None, None, 2), name="image")
    days = keras.Input((None,), name="days", dtype="int32")
    observed = ops.cast(days != -1, "float32")[:, :, None, None]
    green = ops.max(image[..., 1] * observed, axis=1)
    logits = scale * ops.stack([5000 - green, green - 5000, 4000 + 0 * green], -1)
    model = keras.Model({"image": image, "days": days}, logits / 5000, name="greenest")
    return artifact.assemble(model, Dataset.bands, (0, 0), (1, 1), LEGEND)


@pytest.fixture(scope="module")
def found():
    """Sections by name, of all five series, and the dataset they were read from."""
    dataset = Dataset()
    counts = {"train": np.array([70, 30, 0]), "test": np.array([9, 0, 0])}
    shown = series.sections(greenest(), dataset, counts=counts)
    return {section.name: section for section in shown}, dataset


def column(section, number):
    return [float(row[number]) if row[number] else np.nan for row in section.rows]


def soil_only():
    labels = [Dataset()[index]["label"] for index in range(5)]
    soil = np.mean([label[label != 255] == 0 for label in labels])
    return 100 * soil / 2, 100 * soil


def test_sections_come_in_order_and_each_sample_is_read_once(found):
    sections, dataset = found
    expected = ["dates", "season", "missing", "ndvi", "classes", "reliability"]
    assert list(sections) == expected
    assert sorted(dataset.reads) == [0, 1, 2, 3, 4]


def test_all_dates_are_mapped_without_a_fault(found):
    sections, _ = found
    assert sections["dates"].rows[-1] == ("all", "100.00", "100.00")
    assert sections["missing"].rows[0] == ("0", "100.00", "100.00")
    assert [row[0] for row in sections["dates"].rows] == ["1", "2", "4", "8", "all"]
    assert len(sections["missing"].rows) == len(SHARES) + 1


def test_the_season_is_known_from_its_telling_month_on(found):
    section = found[0]["season"]
    names = [row[0] for row in section.rows]
    assert names[0] == "Oct of year 1"
    assert names[-1] == "Jul of year 2"
    june = names.index("Jun of year 2")
    iou, accuracy = (round(value, 2) for value in soil_only())
    assert column(section, 1) == [iou] * june + [100] * 2
    assert column(section, 2) == [accuracy] * june + [100] * 2
    assert column(section, 3) == [100] * (june + 1) + [iou]


def test_fewer_dates_are_never_better(found):
    accuracy = column(found[0]["dates"], 2)
    assert soil_only()[1] - 0.01 <= min(accuracy) < 100
    missing = column(found[0]["missing"], 2)
    assert min(missing) < 100


def test_reliability_counts_every_labelled_pixel_once(found):
    assert sum(row[-1] for row in found[0]["reliability"].rows) == 5 * 7 * 6


def test_the_same_seed_gives_the_same_sections():
    one, other = (
        series.sections(greenest(), Dataset(), patches=2, batch_size=size)
        for size in (4, 4)
    )
    assert one == other


def test_batch_size_changes_nothing(found):
    again = series.sections(greenest(), Dataset(), batch_size=3)
    sections = found[0]
    for section in again:
        assert section.rows == sections[section.name].rows


def test_progress_counts_samples():
    calls = []
    series.sections(
        greenest(), Dataset(), patches=2, progress=lambda *call: calls.append(call)
    )
    assert calls == [(1, 2), (2, 2)]


def test_a_model_that_answers_nan_is_refused():
    with pytest.raises(ValueError, match="answers NaN"):
        series.sections(greenest(np.nan), Dataset(), patches=1)


def test_a_model_of_single_images_is_refused():
    image = keras.Input((None, None, 2), name="image")
    inner = keras.Model({"image": image}, keras.layers.Conv2D(3, 1)(image))
    model = artifact.assemble(inner, Dataset.bands, (0, 0), (1, 1), LEGEND)
    with pytest.raises(ValueError, match="single images"):
        series.sections(model, Dataset())


def test_subsets_are_what_they_are_called():
    months = np.array([8, 8, 9, 11, 12])
    parts = Subsets(5, months, np.random.default_rng(0)).all()
    assert parts["until", 8] == (0, 1)
    assert parts["until", 10] == (0, 1, 2)
    assert parts["from", 10] == (3, 4)
    assert parts["until", 12] == parts["from", 8] == (0, 1, 2, 3, 4)
    numbers = [number for kind, number in parts if kind == "number"]
    assert numbers == [number for number in NUMBERS if number < 5]
    for (kind, setting), subset in parts.items():
        assert subset == tuple(sorted(set(subset)))
        assert len(subset) == setting or kind != "number"


def test_some_date_is_always_left():
    rng = np.random.default_rng(0)
    for _ in range(50):
        parts = Subsets(2, np.array([1, 1]), rng).all()
        assert all(parts.values())


def test_calibration_of_a_case_worked_by_hand():
    gathered = Calibration()
    label = np.array([[0, 0, 1, 255]], np.uint8)
    confidence = np.array([[0.96, 0.98, 0.50, 1.0]], np.float32)
    gathered.add(label, np.array([[0, 1, 1, 0]], np.uint8), confidence)
    assert gathered.pixels.tolist() == [0] * 7 + [1] + [0] * 6 + [2]
    sure, right = gathered.means()
    np.testing.assert_allclose([sure[7], right[7]], [0.5, 1], rtol=1e-6)
    np.testing.assert_allclose([sure[14], right[14]], [0.97, 0.5], rtol=1e-6)
    assert gathered.error == pytest.approx((0.5 * 1 + 0.47 * 2) / 3)
    assert np.isnan(Calibration().error)


def test_profile_is_mean_and_spread_inside_fields():
    gathered = Profile(LEGEND, infrared=1, red=0)
    label = np.repeat(np.array([[0, 0, 0, 1, 1, 255]], np.uint8), 3, axis=0)
    image = np.zeros((2, 3, 6, 2), np.int16)
    image[0, ..., 0], image[0, ..., 1] = 1000, 3000
    image[0, :, 2:4] = 7, 9999  # at the boundary
    image[0, 0, 0] = 2000, 2000
    gathered.add(
        {
            "image": image,  # the second date is all 0, and has no NDVI
            "label": label,
            "days": np.array([0, 40]),
            "day_of_year": np.array([244, 284]),
        }
    )
    mean, spread = gathered.means()
    place = 243 // STEP
    values = [0] + [0.5] * 5
    np.testing.assert_allclose(mean[0, place], np.mean(values))
    np.testing.assert_allclose(spread[0, place], np.std(values))
    np.testing.assert_allclose(mean[1, place], 0.5)
    assert np.isfinite(mean).sum() == 2
    rows = gathered.section().rows
    assert rows[0] == ("soil", "29 Aug", "0.4167", "0.1863")


def test_profile_rolls_over_three_steps():
    gathered = Profile(LEGEND, infrared=1, red=0)
    for step, infrared in enumerate((1000, 3000, 1000)):
        image = np.full((1, 1, 1, 2), 1000, np.int16)
        image[..., 1] = infrared
        day = np.array([100 + STEP * step])
        label = np.zeros((1, 1), np.uint8)
        gathered.add({"image": image, "label": label, "days": day, "day_of_year": day})
    mean, _ = gathered.means()
    np.testing.assert_allclose(mean[0][np.isfinite(mean[0])], [0.25, 0.5 / 3, 0.25])


def test_bands_are_found_by_name():
    assert find_bands(("B02", "B04", "B08")) == (2, 1)
    assert find_bands(("NIR", "Red")) == (0, 1)
    assert find_bands(("VV", "VH")) is None


@pytest.mark.parametrize("build", [utae.build, wtae.build, timeunet.build])
def test_attention_is_found_in_models_that_have_it(build):
    narrow = {"encoder_widths": (8,), "decoder_widths": (8,), "n_head": 4, "d_model": 8}
    # Time-Unet has no use for it, and forms it only where it is asked to.
    asked = {"return_attention": True} if build is timeunet.build else {}
    inner = build(2, 3, **narrow, **asked)
    model = artifact.assemble(inner, Dataset.bands, (0, 0), (1, 1), LEGEND)
    exposed = attention.exposed(model)
    assert len(exposed.output.shape) == 4
    assert set(exposed.input) == set(model.input)


def test_attention_is_none_where_there_is_none():
    assert attention.exposed(greenest()) is None
    narrow = {"encoder_widths": (8,), "decoder_widths": (8,), "n_head": 4, "d_model": 8}
    unasked = timeunet.build(2, 3, **narrow)
    model = artifact.assemble(unasked, Dataset.bands, (0, 0), (1, 1), LEGEND)
    assert attention.exposed(model) is None


def attentive():
    """Attend to the means of 2 × 2 pixels; answer the attention too."""
    image = keras.Input((None, None, None, 2), name="image")
    days = keras.Input((None,), name="days", dtype="int32")
    means = keras.layers.AveragePooling3D((1, 2, 2))(image)
    layer = TemporalAttention(2, 8, 2, mlp=(8,), name="temporal_encoder")
    embedding, weights = layer(means, days)
    x = keras.layers.UpSampling2D(2)(embedding)
    logits = keras.layers.Conv2D(3, 1, name="logits")(x)
    outputs = {"logits": logits, "attention": weights}
    return keras.Model({"image": image, "days": days}, outputs, name="attentive")


def test_attention_of_a_saved_model_is_its_own(tmp_path):
    backend.seed(1)
    scale = (900, 900), (400, 3000)
    model = artifact.assemble(attentive(), Dataset.bands, *scale, LEGEND)
    path = artifact.save(model, tmp_path / "model.keras")
    exposed = attention.exposed(artifact.load(path))
    sample = Dataset()[0]
    inputs = {key: sample[key][None] for key in ("image", "days")}
    model.compile(jit_compile=False)
    expected = np.asarray(model.predict_on_batch(inputs)["attention"]).mean(axis=1)
    result = np.asarray(exposed.predict_on_batch(inputs))
    np.testing.assert_allclose(result, expected, atol=1e-6)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-5)

    gathered = attention.Attention(model, exposed, LEGEND)
    # The image is 8 × 6 pixels, the attention 4 × 3: a cell of maize, the rest of soil.
    label = np.zeros((8, 6), np.uint8)
    label[2:4, 4:6] = 1
    gathered.add({**sample, "label": label})
    means = gathered.means()
    seen = np.isfinite(means)
    assert seen.sum(axis=1).tolist() == [10, 10, 0]
    np.testing.assert_allclose(means[1][seen[1]], 10 * expected[0, :, 1, 2], rtol=1e-4)
    soil = (expected[0].sum(axis=(1, 2)) - expected[0, :, 1, 2]) / 11
    np.testing.assert_allclose(means[0][seen[0]], 10 * soil, rtol=1e-4)


def test_cells_of_several_classes_are_left_out():
    label = np.zeros((5, 4), np.uint8)
    label[0, 0] = 1  # a quarter of its cell
    label[2:, 2:] = 2
    label[2, 2:] = 0  # a half of its cell
    cells = attention._cells(label, (3, 2), 3, PadToMultiple(2))
    assert cells.tolist() == [[0, 0], [0, 255], [255, 255]]
