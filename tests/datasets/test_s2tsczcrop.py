import json
import shutil

import numpy as np
import pytest

from kerasseg.datasets import s2tsczcrop
from kerasseg.legend import IGNORE

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("s2tsczcrop")
    s2tsczcrop.write_fake(root, size=24, patches_per_fold=2, dates=8)
    return root


@pytest.fixture
def root(written, tmp_path):
    """Return a copy that a test may change."""
    return shutil.copytree(written, tmp_path / "copy")


def records(root, change):
    path = root / "metadata.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(change(content)))


def test_files_have_no_ending(written):
    assert {path.suffix for path in (written / "DATA_S2").iterdir()} == {""}
    assert {path.suffix for path in (written / "ANNOTATIONS").iterdir()} == {""}


def test_bands_of_a_safe_folder_are_put_in_the_order_of_pastis(written):
    safe = ("B04", "B03", "B02", "B08", "B05", "B06", "B07", "B8A", "B11", "B12")
    val = s2tsczcrop.load("val", written)
    image = np.load(written / "DATA_S2" / f"S2_{val.ids[0]}")
    norm = json.loads((written / "NORM_S2_patch.json").read_text())["train"]
    sample = val[0]["image"]
    assert sample.dtype == np.int16
    for place, band in enumerate(val.bands):
        np.testing.assert_array_equal(sample[..., place], image[:, safe.index(band)])
        assert val.statistics()[0][place] == norm["mean"][safe.index(band)]
        assert val.statistics()[1][place] == norm["std"][safe.index(band)]
    one = s2tsczcrop.load("val", written, date=str(val.dates[0][2]))[0]["image"]
    np.testing.assert_array_equal(one, sample[2])


def test_sets_are_those_of_the_records(written):
    sizes = [len(s2tsczcrop.load(split, written)) for split in ("train", "val", "test")]
    assert sizes == [6, 2, 2]


def test_removed_patches_are_left_out(root):
    before = s2tsczcrop.load("train", root).ids
    number = int(before[2])

    def remove(content):
        for record in content:
            record["Status"] = "REMOVED" if record["ID_PATCH"] == number else "OK"
        return content[::-1]

    records(root, remove)
    (root / "DATA_S2" / f"S2_{number}").unlink()
    kept = tuple(name for name in before if int(name) != number)
    assert s2tsczcrop.load("train", root).ids == kept


def test_what_is_not_classified_is_ignored(root):
    train = s2tsczcrop.load("train", root)
    path = root / "ANNOTATIONS" / f"TARGET_{train.ids[0]}"
    label = np.load(path)
    label[:4] = 14
    with path.open("wb") as file:
        np.save(file, label)
    assert (train[0]["label"][:4] == IGNORE).all()
    assert train.legend.num_classes == 15
    assert train.legend.names[14] == "Not classified"
    assert train.class_counts()[14] == 0


FAULTS = {
    "no folder": (
        lambda root: shutil.rmtree(root),
        FileNotFoundError,
        r"no S2TSCzCrop at .*metadata.json there.*kerasseg sample s2tsczcrop",
    ),
    "no records": (
        lambda root: records(root, lambda _: {"features": []}),
        ValueError,
        r"metadata.json is not a list of records",
    ),
    "no such set": (
        lambda root: records(root, lambda c: [{**r, "set": "all"} for r in c]),
        ValueError,
        r"no patch in split 'train', of 10 in all; `set` is all",
    ),
    "twice": (
        lambda root: records(root, lambda c: c + c),
        ValueError,
        r"metadata.json: patch 0 occurs twice",
    ),
    "no norm": (
        lambda root: (root / "NORM_S2_patch.json").unlink(),
        FileNotFoundError,
        r"no NORM_S2_patch.json at",
    ),
    "norm of folds": (
        lambda root: (root / "NORM_S2_patch.json").write_text('{"Fold_1": {}}'),
        ValueError,
        r"NORM_S2_patch.json knows Fold_1, but not train",
    ),
    "no images": (
        lambda root: shutil.rmtree(root / "DATA_S2"),
        FileNotFoundError,
        r"split 'train': 6 of 6 images are missing, the first at .*S2_0\. Copy",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_line(root, fault):
    spoil, kind, line = FAULTS[fault]
    spoil(root)
    with pytest.raises(kind, match=line) as caught:
        s2tsczcrop.load("train", root)
    assert "\n" not in str(caught.value)
