"""Series in the layout of PASTIS that cannot be used.

Each case: what is wrong, what is said, how a good world was spoilt, and what was asked
for. A new case is a new line here.
"""

import json
import pickle
import shutil

import numpy as np
import pytest

from kerasseg import pipeline
from kerasseg.datasets import pastis

pytestmark = pytest.mark.once

DOWNLOAD = (
    "Download PASTIS.zip from https://zenodo.org/records/5012942, or PASTIS-R.zip (MD5 "
    "4887513d6c2d2b07fa935d325bd53e09) from https://zenodo.org/records/5735646, and "
    "unpack it there, or write a stand-in: kerasseg sample pastis {tmp}"
)
UNPACK = "Unpack the archive of PASTIS again, at this place."
IMAGE = "DATA_S2/S2_10000.npy"
LABEL = "ANNOTATIONS/TARGET_10000.npy"
NORM = "NORM_S2_patch.json"
META = "{tmp}/metadata.geojson"
PATCH = META + ", patch 10000"
BANDS = "B02, B03, B04, B05, B06, B07, B08, B8A, B11, B12"


def image(change):
    """Return a fault: another array in place of the first patch's frames."""

    def spoil(root):
        np.save(root / IMAGE, change(np.load(root / IMAGE)))

    return spoil


def label(change):
    def spoil(root):
        np.save(root / LABEL, change(np.load(root / LABEL)))

    return spoil


def dates(change):
    """Return a fault: other dates for the first patch."""

    def new(record):
        record["dates-S2"] = change(list(record["dates-S2"].values()))
        if isinstance(record["dates-S2"], list):
            record["dates-S2"] = dict(enumerate(record["dates-S2"]))

    return first(new)


def first(change):
    """Return a fault: something else said of the first patch."""

    def spoil(root):
        path = root / "metadata.geojson"
        content = json.loads(path.read_text())
        change(content["features"][0]["properties"])
        path.write_text(json.dumps(content))

    return spoil


def file(name, content):
    return lambda root: (root / name).write_bytes(content)


def gone(name):
    return lambda root: (root / name).unlink()


def cut(name, left):
    return lambda root: (root / name).write_bytes((root / name).read_bytes()[:left])


def with_value(value):
    def change(planes):
        planes[0, 3, 3] = value
        return planes

    return label(change)


class Trap:
    """Would write a file if it were ever unpickled."""

    def __reduce__(self):
        return open, ("trapped", "w")


def no_dates(record):
    del record["dates-S2"]


CASES = [
    (
        "no folder",
        "no PASTIS at {tmp} (no metadata.geojson there). " + DOWNLOAD,
        lambda root: shutil.rmtree(root),
        {},
    ),
    (
        "metadata that are not JSON",
        META + " is not JSON (Expecting value: line 1 column 1 (char 0)). "
        "Download it again.",
        file("metadata.geojson", b"<html>"),
        {},
    ),
    (
        "metadata of something else",
        META + " is not a list of features with properties. Download it again.",
        file("metadata.geojson", b'{"type": "Topology"}'),
        {},
    ),
    (
        "patch without a number",
        META + ": a patch without a whole number ID_PATCH. Download it again.",
        first(lambda record: record.update(ID_PATCH="north")),
        {},
    ),
    (
        "patch that occurs twice",
        META + ": patch 10001 occurs twice. Keep one of them.",
        first(lambda record: record.update(ID_PATCH=10_001)),
        {},
    ),
    (
        "fold that is no number",
        PATCH + ": Fold 'A' is not a whole number. Correct it.",
        first(lambda record: record.update(Fold="A")),
        {},
    ),
    (
        "frames and dates that differ in number",
        "{image} has 5 frames, but metadata.geojson has 6 dates for "
        "it. Download both again.",
        image(lambda series: series[:5]),
        {},
    ),
    (
        "dates out of order",
        PATCH + ", dates-S2: date 2018-10-01 follows 2018-11-01. Put dates and frames "
        "in the order of time.",
        dates(lambda _: [20181101, 20181001, 20190101, 20190201, 20190301, 20190401]),
        {},
    ),
    (
        "date that occurs twice",
        PATCH
        + ", dates-S2: date 2018-11-01 occurs twice. Keep one frame of each date.",
        dates(lambda _: [20181101, 20181101, 20190101, 20190201, 20190301, 20190401]),
        {},
    ),
    (
        "date that is none",
        PATCH + ", dates-S2: 20181301 is not a date. Write it as 20180915 or "
        "2018-09-15.",
        dates(lambda known: [20181301, *known[1:]]),
        {},
    ),
    (
        "date before the season",
        PATCH + ": date 2018-08-04 lies before the reference date 2018-09-01. Set "
        'reference_date: "2018-08-04" or earlier.',
        dates(lambda known: [20180804, *known[1:]]),
        {},
    ),
    (
        "dates that are a program",
        PATCH + ": dates-S2 is \"__import__('os').getcwd()\", not a mapping "
        "from 0, 1, ... to dates. Download the file again.",
        dates(lambda _: "__import__('os').getcwd()"),
        {},
    ),
    (
        "no dates at all",
        PATCH
        + " has no dates-S2; it has no dates at all. Choose another satellite, or "
        "download the file again.",
        first(no_dates),
        {},
    ),
    (
        "no dates",
        PATCH + ", dates-S2: no dates. A series needs at least one.",
        dates(lambda _: []),
        {},
    ),
    (
        "reference date that is none",
        "'September' is not a date. Write it as 20180915 or 2018-09-15.",
        None,
        {"reference_date": "September"},
    ),
    (
        "wrong number of bands",
        "{image} is (6, 9, 24, 24), not (dates, 10, rows, columns) "
        f"with bands {BANDS}. Download it again.",
        image(lambda series: series[:, :9]),
        {},
    ),
    (
        "frames in one row",
        "{image} is (60, 24, 24), not (dates, 10, rows, columns) "
        f"with bands {BANDS}. Download it again.",
        image(lambda series: series.reshape(60, 24, 24)),
        {},
    ),
    (
        "array that is cut short",
        "{image} is damaged or cut short. Download or copy it again.",
        cut(IMAGE, 5000),
        {},
    ),
    (
        "array that is empty",
        "{image} is damaged or cut short. Download or copy it again.",
        cut(IMAGE, 0),
        {},
    ),
    (
        "array of objects",
        "{image} holds pickled Python objects, which could run a "
        "program when read, so it is not read. Download it again, or save plain "
        "numbers.",
        image(lambda _: np.array([Trap()], object)),
        {},
    ),
    (
        "pickle in place of an array",
        "{label} holds pickled Python objects, which could "
        "run a program when read, so it is not read. Download it again, or save plain "
        "numbers.",
        file(LABEL, pickle.dumps(Trap())),
        {},
    ),
    (
        "array of text",
        "{image} holds <U5, not whole or real numbers. Download it again.",
        image(lambda _: np.array(["north"])),
        {},
    ),
    (
        "missing image",
        "{tmp}, split 'train': 1 of 6 images are missing, the first at "
        "{image}. " + UNPACK,
        gone(IMAGE),
        {},
    ),
    (
        "missing annotation",
        "{tmp}, split 'train': 1 of 6 annotations are missing, the first at "
        "{label}. " + UNPACK,
        gone(LABEL),
        {},
    ),
    (
        "label out of range",
        "{label}: label value 23 is not in the legend, which "
        "knows 0 to 19. Correct the file, or give each value a name in classes.json.",
        with_value(23),
        {},
    ),
    (
        "label 255",
        "{label}: label value 255 is not in the legend, which "
        "knows 0 to 19. Correct the file, or give each value a name in classes.json.",
        with_value(255),
        {},
    ),
    (
        "label below zero",
        "{label}: label value -1 is not in the legend, which "
        "knows 0 to 19. Correct the file, or give each value a name in classes.json.",
        label(lambda planes: planes.astype(np.int16) * 0 - 1),
        {},
    ),
    (
        "label in real numbers",
        "{label} is float64 (3, 24, 24), not whole numbers "
        "(rows, columns) or (planes, rows, columns). Download it again.",
        label(lambda planes: planes / 2),
        {},
    ),
    (
        "label smaller than its frames",
        "{image} has frames of (24, 24) pixels, but "
        "{label} has (20, 24). Download both again.",
        label(lambda planes: planes[:, :20]),
        {},
    ),
    (
        "unknown fold",
        META + ": no fold 7; there are folds 1, 2, 3, 4, 5. Correct `folds`.",
        None,
        {"folds": {"train": [1, 7], "val": [2], "test": [3]}},
    ),
    (
        "folds of no split",
        "folds for train, valid. Name folds for train, val and test, such as "
        "{train: [1, 2, 3], val: [4], test: [5]}.",
        None,
        {"folds": {"train": [1], "valid": [2]}},
    ),
    (
        "unknown run",
        "run 6. PASTIS has five official runs, 1 to 5.",
        None,
        {"run": 6},
    ),
    (
        "unknown satellite",
        "pastis: satellite 'S3'. Choose from: S2, S1A, S1D.",
        None,
        {"satellite": "S3"},
    ),
    (
        "satellite that was not downloaded",
        "no NORM_S1A_patch.json at {tmp}, which says how bands are normalised. "
        + UNPACK,
        None,
        {"satellite": "S1A"},
    ),
    (
        "no statistics",
        "no NORM_S2_patch.json at {tmp}, which says how bands are normalised. "
        + UNPACK,
        gone(NORM),
        {},
    ),
    (
        "statistics that are not JSON",
        "{tmp}/NORM_S2_patch.json is not JSON (Expecting property name enclosed in "
        "double quotes: line 1 column 2 (char 1)). " + UNPACK,
        cut(NORM, 1),
        {},
    ),
    (
        "statistics of other folds",
        "{tmp}/NORM_S2_patch.json knows Fold_9, but not Fold_1. " + UNPACK,
        file(NORM, b'{"Fold_9": {"mean": [0], "std": [1]}}'),
        {},
    ),
    (
        "statistics of other bands",
        "{tmp}/NORM_S2_patch.json: Fold_1 does not have `mean` and `std` of 10 numbers "
        "each, deviations above zero. " + UNPACK,
        file(
            NORM,
            json.dumps(
                {f"Fold_{k}": {"mean": [0], "std": [1]} for k in range(1, 6)}
            ).encode(),
        ),
        {},
    ),
    (
        "classes with a gap",
        "{tmp}/classes.json names indices 0, 2. Number classes from 0 without a gap; "
        "19 is void.",
        file("classes.json", b'[{"index": 0, "name": "a"}, {"index": 2, "name": "b"}]'),
        {},
    ),
    (
        "patches of two sizes",
        "batches: image of type int16 and shape (6, 24, 24, 10) beside int16 "
        "(6, 16, 16, 10). Samples of one batch must be alike: crop them, or choose "
        "batch_size 1.",
        lambda root: (
            image(lambda s: s[..., :16, :16])(root),
            label(lambda s: s[..., :16, :16])(root),
        ),
        {},
    ),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    root = tmp_path_factory.mktemp("series")
    pastis.write_fake(root, size=24, patches_per_fold=2, dates=8)
    for path in (root / "DATA_S2").iterdir():
        np.save(path, np.load(path)[:6])
    content = json.loads((root / "metadata.geojson").read_text())
    for feature in content["features"]:
        known = feature["properties"]["dates-S2"]
        feature["properties"]["dates-S2"] = {key: known[key] for key in "012345"}
    (root / "metadata.geojson").write_text(json.dumps(content))
    return root


def read_all(root, options):
    train = pastis.load("train", root, **options)
    train.class_counts()
    list(pipeline.batches(train, len(train), workers=0).epoch(0))


@pytest.mark.parametrize(
    ("line", "spoil", "options"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_series_is_answered_with_one_clear_line(
    good, tmp_path, monkeypatch, line, spoil, options
):
    monkeypatch.chdir(tmp_path)
    root = shutil.copytree(good, tmp_path / "world")
    if spoil is not None:
        spoil(root)
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        read_all(root, options)
    said = str(caught.value)
    for name, path in (("image", root / IMAGE), ("label", root / LABEL), ("tmp", root)):
        said = said.replace(str(path), f"{{{name}}}")
    assert said == line
    assert not (tmp_path / "trapped").exists()
