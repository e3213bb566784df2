"""Dated GeoTIFFs become the series they show: pixels, dates, labels, splits."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from kerasseg import pipeline, raster
from kerasseg.datasets import series
from kerasseg.datasets.series import naming
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once

PASTIS_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
FIELDS = {
    "classes": [
        {"name": "grass", "color": "#00FF00", "code": 1},
        {"name": "maize", "color": "#FFFF00", "code": 2},
    ]
}
TOUCH = {"fractions": (1, 0, 0)}
"""All patches in one split."""


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a scene; `images` map names to pixels."""

    def write(images, label=None, size=16, pixel=10, legend=FIELDS):
        for name, pixels in images.items():
            side = len(pixels)
            grid = raster.grid(side, side, "EPSG:32631", 0, 0, pixel * size / side)
            count = 1 if pixels.ndim == 2 else pixels.shape[2]
            bands = [f"band_{place + 1}" for place in range(count)]
            with raster.Writer(
                tmp_path / name, grid, bands=bands, dtype=str(pixels.dtype), nodata=0
            ) as file:
                file.write(pixels)
        if label is None:
            label = 1 + np.arange(size * size, dtype=np.uint8).reshape(size, size) % 2
        grid = raster.grid(size, size, "EPSG:32631", 0, 0, pixel)
        with raster.Writer(tmp_path / "labels.tif", grid) as file:
            file.write(label)
        (tmp_path / "legend.json").write_text(json.dumps(legend))
        return tmp_path

    return write


def random(side, bands=1, seed=0, low=1, dtype="uint16"):
    shape = (side, side) if bands == 1 else (side, side, bands)
    return np.random.default_rng(seed).integers(low, 4000, shape).astype(dtype)


# The real scene: the same pixels lie beside it as PASTIS would store them.


@pytest.fixture
def flanders(shared, tmp_path):
    """Return a function that loads the real scene, and its pixels and days in full."""
    folder = shared("data", "worldcereal_flanders_2019")
    pixels = np.load(folder / "pastis/DATA_S2/S2_90001.npy").transpose(0, 2, 3, 1)
    label = np.load(folder / "pastis/ANNOTATIONS/TARGET_90001.npy")[0]
    about = json.loads((folder / "pastis/metadata.geojson").read_text())
    stamps = [*about["features"][0]["properties"]["dates-S2"].values()]
    classes = [{"name": str(code), "color": "#808080"} for code in range(19)]
    ignored = [{"name": "void", "color": "#000000", "code": 19}]
    legend = tmp_path / "legend.json"
    legend.write_text(json.dumps({"classes": classes, "ignored": ignored}))

    def load(split="train", **options):
        usual = {"images": "S2_*.tif", "labels": "labels_index_10m.tif"}
        given = {"legend": legend, "bands": PASTIS_BANDS, **usual, **options}
        return series.load(split, folder / "geotiff", **given)

    return load, pixels, np.where(label == 19, IGNORE, label), stamps, folder


def test_the_real_scene_is_the_patch_of_pastis(flanders):
    load, pixels, label, stamps, _ = flanders
    whole = load(reference_date="2018-08-04", **TOUCH)
    sample = whole[0]
    chosen = [stamps.index(stamp) for stamp in (20180804, 20190511, 20191018)]
    assert whole.ids == ("r0_c0",)
    assert whole.bands == PASTIS_BANDS
    assert sample["image"].dtype == np.uint16
    np.testing.assert_array_equal(sample["image"], pixels[chosen])
    np.testing.assert_array_equal(sample["label"], label)
    np.testing.assert_array_equal(sample["days"], [0, 280, 440])
    np.testing.assert_array_equal(sample["day_of_year"], [216, 131, 291])
    mean, std = whole.statistics()
    flat = pixels[chosen].reshape(-1, 10).astype(float)
    np.testing.assert_allclose(mean, flat.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, flat.std(axis=0), rtol=1e-9)


def test_three_real_quarters_train_and_the_fourth_tests(flanders):
    load, pixels, label, stamps, _ = flanders
    quarters = {"train": [1, 2, 3], "val": [4], "test": [4]}
    train, test = (
        load(split, patch_size=16, quarters=quarters) for split in ("train", "test")
    )
    assert (len(train), len(test)) == (12, 4)
    frame = stamps.index(20190511)
    for found in (train, test):
        for window, sample in zip(found.windows, found, strict=True):
            rows = slice(window.row, window.row + 16)
            columns = slice(window.column, window.column + 16)
            inside = window.row >= 32 and window.column >= 32
            assert inside == (found is test)
            np.testing.assert_array_equal(
                sample["image"][1], pixels[frame, rows, columns]
            )
            np.testing.assert_array_equal(sample["label"], label[rows, columns])
    np.testing.assert_array_equal(test.statistics()[0], train.statistics()[0])


def test_real_clouds_leave_the_dates_that_were_clear(flanders):
    load, *_, folder = flanders
    about = json.loads((folder / "pastis_quads_clear/metadata.geojson").read_text())
    wanted = {20180804: 0, 20190511: 280, 20191018: 440}
    quarters = load(patch_size=32, clouds="SCL_*.tif", min_clear=0.95, **TOUCH)
    for sample, feature in zip(quarters, about["features"], strict=True):
        clear = {*feature["properties"]["dates-S2"].values()}
        expected = [day for stamp, day in wanted.items() if stamp in clear]
        assert sample["days"].tolist() == expected
        assert len(sample["image"]) == len(expected)


def test_real_labels_may_be_finer_than_all_images(flanders):
    load, pixels, label, stamps, _ = flanders
    bands = ("B05", "B06", "B07", "B8A", "B11", "B12")
    sample = load(images="S2_*_20m.tif", bands=bands, **TOUCH)[0]
    chosen = [stamps.index(stamp) for stamp in (20180804, 20190511, 20191018)]
    expected = pixels[chosen][..., [PASTIS_BANDS.index(name) for name in bands]]
    np.testing.assert_array_equal(sample["image"], expected)
    np.testing.assert_array_equal(sample["label"], label)


# Dates and bands from names.


@pytest.mark.parametrize(
    ("name", "form", "date"),
    [
        ("S2_20180804_10m.tif", None, "2018-08-04"),
        ("scene 2018-08-04.tif", None, "2018-08-04"),
        ("2018_08_04.tif", None, "2018-08-04"),
        ("S2A_MSIL2A_20180804T105031_N0208_20180901T1.tif", None, "2018-08-04"),
        ("x_99999999_20180804.tif", None, "2018-08-04"),
        ("20180804/B02.tif", None, "2018-08-04"),
        ("a_04082018.tif", "%d%m%Y", "2018-08-04"),
        ("a_2018216.tif", "%Y%j", "2018-08-04"),
        ("a.04.08.18.tif", "%d.%m.%y", "2018-08-04"),
    ],
)
def test_names_tell_dates(name, form, date):
    assert naming.by_name(form)(Path(name)) == np.datetime64(date)


def test_dates_are_in_order_whatever_the_names(make):
    early, late = random(16, seed=1), random(16, seed=2)
    root = make({"images/a_2019-03-01.tif": late, "images/b_2018-10-01.tif": early})
    sample = series.load("train", root, reference_date="2018-09-01", **TOUCH)[0]
    np.testing.assert_array_equal(sample["image"][0, :16, :16, 0], early)
    np.testing.assert_array_equal(sample["days"], [30, 181])


def test_images_masks_and_labels_may_lie_in_one_folder(make):
    clear, image = np.full((8, 8), 4, np.uint8), random(16)
    root = make({"20190101_B04.tif": image, "20190101_SCL.tif": clear})
    options = {"images": "*.tif", "clouds": "*_SCL.tif", "patch_size": 16, **TOUCH}
    loaded = series.load("train", root, **options)
    assert loaded.bands == ("B04",)
    np.testing.assert_array_equal(loaded[0]["image"][0, ..., 0], image)


def test_days_may_be_those_of_the_lunar_year(make):
    root = make({f"images/{date}.tif": random(16) for date in ("20180915", "20190801")})
    sample = series.load("train", root, days="lunar_year", patch_size=16, **TOUCH)[0]
    np.testing.assert_array_equal(sample["days"], [211, 177])
    np.testing.assert_array_equal(sample["day_of_year"], [258, 213])


def test_a_table_tells_dates_and_what_it_leaves_out_is_left_out(make):
    pixels = {f"images/{name}.tif": random(16, seed=ord(name)) for name in "abc"}
    root = make(pixels)
    (root / "dates.csv").write_text(
        "file,date\nimages/c.tif,2019-01-05\nimages/a.tif,20190109\n"
    )
    sample = series.load(
        "train", root, dates=root / "dates.csv", patch_size=16, **TOUCH
    )[0]
    np.testing.assert_array_equal(sample["days"], [0, 4])
    expected = [pixels["images/c.tif"], pixels["images/a.tif"]]
    np.testing.assert_array_equal(sample["image"][..., 0], expected)


def test_bands_are_named_by_the_file_the_recipe_or_its_name(make):
    fine, coarse = random(16, 2), random(8, seed=3)
    root = make({"images/20190101_ten.tif": fine, "images/20190101_B8A.tif": coarse})
    loaded = series.load("train", root, **TOUCH)
    assert loaded.bands == ("B8A", "band_1", "band_2")
    named = {"images/*_ten.tif": ["red", "nir"], "images/*_B8A.tif": ["edge"]}
    wanted = series.load(
        "train", root, images=named, bands=["nir", "edge"], patch_size=16, **TOUCH
    )
    assert wanted.bands == ("nir", "edge")
    twice = np.kron(coarse, np.ones((2, 2), np.uint16))
    expected = np.stack([fine[..., 1], twice], axis=-1)
    np.testing.assert_array_equal(wanted[0]["image"][0], expected)


# Grids.


def test_cubic_is_that_of_gdal(make):
    coarse = random(24)
    root = make({"images/20190101.tif": coarse}, size=48)
    image = series.load("train", root, resampling="cubic", patch_size=48, **TOUCH)[0]
    with rasterio.open(root / "images/20190101.tif") as file:
        expected = file.read(1, out_shape=(48, 48), resampling=Resampling.cubic)
    inside = slice(4, -4)  # GDAL treats the border of a raster in its own way.
    np.testing.assert_allclose(
        image["image"][0, inside, inside, 0].astype(int),
        expected[inside, inside],
        atol=1,
    )


@pytest.mark.parametrize("resampling", ["nearest", "cubic"])
@pytest.mark.parametrize("coarser", [2, 3, 6])
def test_patches_put_together_are_the_scene(make, resampling, coarser):
    """12 does not divide 5, so windows begin amid coarse pixels."""
    root = make({"images/20190101.tif": random(36 // coarser)}, size=36)
    options = {"resampling": resampling, **TOUCH}
    whole = series.load("train", root, patch_size=36, **options)[0]["image"]
    parts = series.load("train", root, patch_size=5, **options)
    together = np.zeros((1, 40, 40, 1), np.uint16)
    for window, sample in zip(parts.windows, parts, strict=True):
        rows = slice(window.row, window.row + 5)
        together[:, rows, window.column : window.column + 5] = sample["image"]
    np.testing.assert_array_equal(together[:, :36, :36], whole)
    assert not together[:, 36:].any()


def test_cubic_keeps_fill_apart(make):
    coarse = np.full((12, 12), 1000, np.uint16)
    coarse[4:8, 4:8] = 0
    root = make({"images/20190101.tif": coarse}, size=24)
    image = series.load("train", root, resampling="cubic", patch_size=24, **TOUCH)[0]
    assert set(np.unique(image["image"])) == {0, 1000}
    assert (image["image"] == 0).sum() == 64


def test_coarse_pixels_may_reach_beyond_the_border(make):
    root = make({"images/20190101_a.tif": random(15)}, size=15)
    grid = raster.grid(8, 8, "EPSG:32631", 0, 0, 20)
    coarse = random(8, seed=5)
    with raster.Writer(
        root / "images/20190101_B05.tif", grid, bands=["B05"], dtype="uint16"
    ) as file:
        file.write(coarse)
    image = series.load("train", root, bands=["B05"], patch_size=15, **TOUCH)[0]
    expected = np.kron(coarse, np.ones((2, 2)))[:15, :15]
    np.testing.assert_array_equal(image["image"][0, ..., 0], expected)


# What pixels mean.


def test_the_offset_of_new_products_is_taken_from_what_has_data(make):
    values = np.array([[0, 1, 999], [1000, 1001, 5000], [7, 8, 9]], np.uint16)
    old = {"images/20220124.tif": values, "images/20220125.tif": values}
    root = make(old, size=3)
    options = {"patch_size": 3, **TOUCH}
    image = series.load("train", root, offset="auto", **options)[0]["image"][..., 0]
    np.testing.assert_array_equal(image[0], values)
    np.testing.assert_array_equal(image[1], [[0, 1, 1], [1, 1, 4000], [1, 1, 1]])
    both = series.load("train", root, offset=1000, **options)[0]["image"][..., 0]
    np.testing.assert_array_equal(both[0], image[1])


def test_fill_of_any_value_is_zero(make, tmp_path):
    root = make({})
    grid = raster.grid(16, 16, "EPSG:32631", 0, 0, 10)
    pixels = random(16, dtype="float32")
    pixels[2], pixels[3] = -9999, np.nan
    with raster.Writer(
        root / "images/20190101.tif", grid, dtype="float32", nodata=-9999
    ) as file:
        file.write(pixels)
    image = series.load("train", root, patch_size=16, **TOUCH)[0]["image"][0, ..., 0]
    assert image.dtype == np.float32
    assert not image[2:4].any()
    np.testing.assert_array_equal(np.delete(image, [2, 3], 0)[0], pixels[0])


def test_a_frame_without_data_is_a_date_unless_it_is_dropped(make):
    empty = np.zeros((16, 16), np.uint16)
    root = make({"images/20190101.tif": random(16), "images/20190105.tif": empty})
    options = {"patch_size": 16, **TOUCH}
    kept = series.load("train", root, **options)
    np.testing.assert_array_equal(kept[0]["days"], [0, 4])
    assert not kept[0]["image"][1].any()
    dropped = series.load("train", root, drop_empty=True, **options)
    np.testing.assert_array_equal(dropped[0]["days"], [0])
    np.testing.assert_allclose(kept.statistics(), dropped.statistics())
    assert kept.fingerprint() != dropped.fingerprint()


def test_in_a_batch_only_days_tell_padding_from_a_frame_without_data(make):
    empty = np.zeros((16, 16), np.uint16)
    root = make({"images/20190101.tif": random(16), "images/20190105.tif": empty})
    loaded = series.load("train", root, patch_size=16, **TOUCH)
    batches = pipeline.batches(loaded, 1, length_step=4)
    (inputs, _), *_ = batches.epoch(0)
    np.testing.assert_array_equal(inputs["days"], [[0, 4, -1, -1]])
    assert inputs["image"].any(axis=(2, 3, 4)).tolist() == [[True, False, False, False]]


def test_where_no_date_is_clear_the_clearest_stays(make):
    cloudy, worse = np.full((8, 8), 9, np.uint8), np.full((8, 8), 9, np.uint8)
    cloudy[:2] = 4
    root = make(
        {
            "images/20190101.tif": random(16),
            "images/20190105.tif": random(16, seed=1),
            "masks/20190101.tif": worse,
            "masks/20190105.tif": cloudy,
        }
    )
    options = {"clouds": "masks/*.tif", "patch_size": 16, **TOUCH}
    assert series.load("train", root, **options)[0]["days"].tolist() == [4]
    options["min_clear"] = 0.25
    assert series.load("train", root, **options)[0]["days"].tolist() == [4]
    options["clear"] = [4, 9]
    assert series.load("train", root, **options)[0]["days"].tolist() == [0, 4]
    beside = {"images": {"*/*.tif": ["red"]}, **options}
    assert len(series.load("train", root, **beside)[0]["image"]) == 2


# Patches and splits.


def test_the_border_is_filled_and_places_without_label_are_left_out(make):
    label = np.zeros((20, 20), np.uint8)
    label[:16], label[16:, 16:] = 1, 2
    legend = {**FIELDS, "ignored": [{"name": "none", "color": "#000000", "code": 0}]}
    root = make({"images/20190101.tif": random(20)}, label, 20, legend=legend)
    loaded = series.load("train", root, patch_size=8, **TOUCH)
    assert loaded.ids == (
        *("r0_c0", "r0_c8", "r0_c16", "r8_c0", "r8_c8", "r8_c16"),
        "r16_c16",
    )
    corner = loaded[6]
    assert corner["image"].shape == (1, 8, 8, 1)
    assert not corner["image"][0, 4:].any()
    assert (corner["label"] == IGNORE).sum() == 64 - 16
    np.testing.assert_array_equal(loaded.class_counts(), [16 * 20, 16])


def test_blocks_are_dealt_whole_and_each_seed_deals_its_own_way(make):
    root = make({"images/20190101.tif": random(64)}, size=64)
    options = {"patch_size": 4, "block": 4, "fractions": (0.5, 0.25, 0.25)}

    def dealt(**more):
        loaded = [
            series.load(split, root, **options, **more)
            for split in ("train", "val", "test")
        ]
        blocks = [
            {(w.row // 16, w.column // 16) for w in one.windows} for one in loaded
        ]
        assert [len(one) for one in loaded] == [128, 64, 64]
        assert sum(map(len, blocks)) == len(set.union(*blocks)) == 16
        return [one.ids for one in loaded]

    assert dealt() == dealt() != dealt(seed=2)


def test_rare_classes_are_dealt_to_each_split(make):
    label = np.ones((32, 32), np.uint8)
    label[:16, :8] = label[16:24, 24:] = 2
    root = make({"images/20190101.tif": random(32)}, label, 32)
    options = {"patch_size": 8, "fractions": (1 / 3, 1 / 3, 1 / 3)}
    for split in ("train", "val", "test"):
        assert series.load(split, root, **options).class_counts()[1] > 0


def test_a_file_may_tell_the_splits(make):
    root = make({"images/20190101.tif": random(16)})
    (root / "mine.json").write_text('{"r8_c0": "train", "r0_c0": "test"}')
    train, test = (
        series.load(split, root, patch_size=8, splits_file=root / "mine.json")
        for split in ("train", "test")
    )
    assert (train.ids, test.ids) == (("r8_c0",), ("r0_c0",))
