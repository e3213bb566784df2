import json
import shutil

import numpy as np
import pytest

from kerasseg.datasets import pastis
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("pastis")
    pastis.write_fake(root, size=24, patches_per_fold=2, dates=8)
    return root


@pytest.fixture
def root(written, tmp_path):
    """Return a copy that a test may change."""
    return shutil.copytree(written, tmp_path / "copy")


def stored(root, name, number):
    return np.load(root / name.format(number))


def norms(root):
    return json.loads((root / "NORM_S2_patch.json").read_text())


def each_record(root, change):
    path = root / "metadata.geojson"
    content = json.loads(path.read_text())
    for feature in content["features"]:
        change(feature["properties"])
    path.write_text(json.dumps(content))


def folds_of(root, **options):
    """Return the folds of a split's patches, in order."""
    content = json.loads((root / "metadata.geojson").read_text())
    fold = {
        str(f["properties"]["ID_PATCH"]): f["properties"]["Fold"]
        for f in content["features"]
    }
    return [fold[name] for name in pastis.load(root=root, **options).ids]


def test_a_sample_is_what_the_files_hold(written):
    train = pastis.load("train", written)
    first = np.datetime64("2018-09-01")
    number = train.ids[1]
    image = stored(written, "DATA_S2/S2_{}.npy", number)
    label = stored(written, "ANNOTATIONS/TARGET_{}.npy", number)[0]
    sample = train[1]
    assert sample["image"].dtype == np.int16
    np.testing.assert_array_equal(sample["image"], image.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(sample["label"] == IGNORE, label == 19)
    kept = label != 19
    np.testing.assert_array_equal(sample["label"][kept], label[kept])
    np.testing.assert_array_equal(first + sample["days"], train.dates[1])


def test_an_image_is_a_view_of_its_file_that_may_be_changed(written):
    train = pastis.load("train", written)
    image = train[0]["image"]
    assert not image.flags.owndata
    before = image.copy()
    image[:] = 0
    np.testing.assert_array_equal(train[0]["image"], before)


@pytest.mark.parametrize(
    ("run", "train", "val", "test"),
    [(1, [1, 2, 3], 4, 5), (3, [3, 4, 5], 1, 2), (5, [5, 1, 2], 3, 4)],
)
def test_the_official_runs_move_on_by_one_fold(written, run, train, val, test):
    expected = {"train": train, "val": [val], "test": [test]}
    for split, folds in expected.items():
        twice = [fold for fold in folds for _ in range(2)]
        assert folds_of(written, split=split, run=run) == twice


def test_folds_of_ones_own_take_the_place_of_a_run(written):
    folds = {"train": [5, 4], "val": [1], "test": [1]}
    assert folds_of(written, split="train", folds=folds) == [5, 5, 4, 4]
    assert folds_of(written, split="test", folds=folds) == [1, 1]


def test_patches_are_sorted_by_number_within_a_fold(root):
    path = root / "metadata.geojson"
    content = json.loads(path.read_text())
    before = pastis.load("train", root).ids
    content["features"].reverse()
    path.write_text(json.dumps(content))
    assert pastis.load("train", root).ids == before


def test_patches_without_a_fold_are_in_no_split(root):
    def change(record):
        record["Fold"] = None if record["ID_PATCH"] == 10_000 else record["Fold"]

    each_record(root, change)
    assert "10000" not in pastis.load("train", root).ids
    assert len(pastis.load("train", root)) == 5


@pytest.mark.parametrize("encode", [json.dumps, repr, dict])
def test_dates_are_read_in_all_encodings_found_in_the_wild(written, root, encode):
    each_record(root, lambda r: r.update({"dates-S2": encode(r["dates-S2"])}))
    expected = pastis.load("val", written)
    for one, other in zip(pastis.load("val", root).dates, expected.dates, strict=True):
        np.testing.assert_array_equal(one, other)


def test_positions_of_dates_count_not_their_place_in_the_text(root):
    """Some writers sort keys as text: 0, 1, 10, 11, 2."""
    before = pastis.load("val", root)

    def change(record):
        record["dates-S2"] = dict(sorted(record["dates-S2"].items(), reverse=True))

    each_record(root, change)
    np.testing.assert_array_equal(pastis.load("val", root).dates[0], before.dates[0])


def test_statistics_are_averages_over_the_training_folds(written):
    found = norms(written)
    for key, values in zip(
        ("mean", "std"), pastis.load("test", written, run=2).statistics(), strict=True
    ):
        expected = np.mean([found[f"Fold_{fold}"][key] for fold in (2, 3, 4)], axis=0)
        np.testing.assert_allclose(values, expected)


@pytest.mark.parametrize("by", ["split", "fold"])
def test_pixels_can_meet_the_statistics_of_their_own_folds(written, by):
    """As published: what the model's first layer makes of them is what theirs was."""
    test = pastis.load("test", written, normalized_by=by)
    plain = pastis.load("test", written)
    mean, std = test.statistics()
    own = norms(written)["Fold_5"]
    seen = (test[0]["image"] - mean) / std
    published = (plain[0]["image"] - np.array(own["mean"])) / own["std"]
    assert test[0]["image"].dtype == np.float32
    np.testing.assert_allclose(seen, published, atol=1e-4)


def test_training_pixels_stay_unless_each_fold_has_its_own(written):
    split, fold = (
        pastis.load("train", written, normalized_by=by)[0]["image"]
        for by in ("split", "fold")
    )
    assert split.dtype == np.int16
    assert fold.dtype == np.float32


def test_days_can_be_those_of_the_lunar_year(written):
    val = pastis.load("val", written, days="lunar_year")
    new_years = np.array(["2018-02-16", "2019-02-05"], "datetime64[D]")
    dates = val.dates[0]
    began = np.where(dates >= new_years[1], new_years[1], new_years[0])
    np.testing.assert_array_equal(val[0]["days"], (dates - began).astype(int))


def test_one_date_gives_images(written):
    series = pastis.load("val", written)
    wanted = series.dates[0][3]
    for date in (str(wanted), int(str(wanted + 1).replace("-", ""))):
        sample = pastis.load("val", written, date=date)[0]
        assert set(sample) == {"image", "label"}
        np.testing.assert_array_equal(sample["image"], series[0]["image"][3])


def test_one_date_asks_for_no_reference_date(written):
    pastis.load("val", written, date="2019-05-01", reference_date="2019-05-01")


@pytest.mark.parametrize("planes", [(), (1,)])
def test_labels_with_fewer_planes_are_read(root, planes):
    expected = pastis.load("train", root)[0]["label"]
    path = root / "ANNOTATIONS" / "TARGET_10000.npy"
    label = np.load(path)[0]
    np.save(path, label.reshape(*planes, *label.shape))
    np.testing.assert_array_equal(pastis.load("train", root)[0]["label"], expected)


def test_void_is_a_class_no_pixel_has(written):
    train = pastis.load("train", written)
    assert train.legend.num_classes == 20
    assert train.legend.names[19] == "Void"
    assert train.class_counts()[19] == 0


def test_a_patch_all_void_is_read(root):
    path = root / "ANNOTATIONS" / "TARGET_10000.npy"
    np.save(path, np.full_like(np.load(path), 19))
    train = pastis.load("train", root)
    assert (train[0]["label"] == IGNORE).all()
    assert train.class_counts().sum() == sum(
        int((train[i]["label"] != IGNORE).sum()) for i in range(1, len(train))
    )


@pytest.mark.parametrize("satellite", ["S1A", "S1D"])
def test_radar_of_pastis_r_is_read(root, satellite):
    rng = np.random.default_rng(0)
    (root / f"DATA_{satellite}").mkdir()

    def change(record):
        record[f"dates-{satellite}"] = {"0": 20180910, "1": 20180922}
        series = rng.normal(-12, 3, (2, 3, 24, 24)).astype(np.float16)
        np.save(root / f"DATA_{satellite}/{satellite}_{record['ID_PATCH']}.npy", series)

    each_record(root, change)
    entry = {"mean": [-10.9, -17.3, 6.4], "std": [3.3, 3.2, 3.3]}
    norm = {f"Fold_{fold}": entry for fold in range(1, 6)}
    (root / f"NORM_{satellite}_patch.json").write_text(json.dumps(norm))
    train = pastis.load("train", root, satellite=satellite)
    assert train.bands == ("VV", "VH", "VV/VH")
    assert train[0]["image"].shape == (2, 24, 24, 3)
    assert train[0]["image"].dtype == np.float16
    np.testing.assert_array_equal(train[0]["days"], [9, 21])


def test_classes_of_ones_own_are_read(root):
    named = [
        {"index": 1, "name": "reed", "color": "#112233"},
        {"index": 0, "name": "sea"},
    ]
    void = {"index": 19, "name": "no idea"}
    (root / "classes.json").write_text(json.dumps([*named, void]))
    for path in (root / "ANNOTATIONS").iterdir():
        label = np.load(path)
        np.save(path, np.where(label == 19, 19, label % 2).astype(np.uint8))
    train = pastis.load("train", root)
    assert train.legend.names == ("sea", "reed")
    assert train.legend.colors[1].tolist() == [0x11, 0x22, 0x33]
    assert train.class_counts().all()


def test_a_place_in_flanders_is_read(shared):
    root = shared("data", "worldcereal_flanders_2019", "pastis")
    with pytest.raises(ValueError, match='Set reference_date: "2018-08-04" or earlier'):
        pastis.load("train", root)
    train = pastis.load("train", root, reference_date="2018-08-01")
    assert train[0]["image"].shape == (72, 64, 64, 10)
    assert train[0]["image"].max() == 18528
    assert train.legend.names[4] == "Winter wheat"
    assert train.class_counts().sum() == 64 * 64
    np.testing.assert_allclose(train.statistics()[0][0], 2382.0440538)


def test_its_quarters_are_the_place(shared):
    base = shared("data", "worldcereal_flanders_2019")
    folds = {"train": [1, 2], "val": [3], "test": [4]}
    options = {"reference_date": "2018-08-01"}
    whole = pastis.load("train", base / "pastis", **options)
    for split, count in (("train", 2), ("val", 1), ("test", 1)):
        quads = pastis.load(split, base / "pastis_quads_clear", folds=folds, **options)
        assert len(quads) == count
        for index, dates in enumerate(quads.dates):
            kept = np.isin(whole.dates[0], dates)
            places = [(r, c) for r in (0, 32) for c in (0, 32)]
            frames = whole[0]["image"][kept]
            assert any(
                np.array_equal(quads[index]["image"], frames[:, r : r + 32, c : c + 32])
                for r, c in places
            )


def test_the_metadata_of_pastis_are_read_and_its_missing_images_counted(shared):
    root = shared("data", "pastis_real_metadata")
    with pytest.raises(FileNotFoundError, match="6 of 6 images are missing") as caught:
        pastis.load("train", root)
    assert "S2_10000.npy" in str(caught.value)
    assert "\n" not in str(caught.value)
