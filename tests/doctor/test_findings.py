"""Each kind of finding has a way to be provoked; worlds where all is well have none."""

import json
import shutil
from functools import partial

import numpy as np
import pytest
import rasterio

from kerasseg import doctor, raster
from kerasseg import legend as legends
from kerasseg.datasets import patches, series
from kerasseg.doctor.findings import KINDS

pytestmark = pytest.mark.once


def ids(report):
    return {each.id for each in report.findings}


def _crs(code):
    return rasterio.crs.CRS.from_epsg(code)


def _out_of_area(w):
    """Move a pair to Utah, with the tag of Mexico."""
    utah = rasterio.Affine(10, 0, 301_900, 0, -10, 4_154_000)
    w.image("a", w.pixels("a"), crs=_crs(6367), transform=utah)
    w.label("a", w.ones, crs=_crs(6367), transform=utah)


def _placed(w, name, change):
    w.image(name, w.pixels(name), transform=w.moved(change))
    w.label(name, w.ones, transform=w.moved(change))


def _with_nan(w):
    for name in "abc":
        w.image(name, w.pixels(name), dtype="float32")
    pixels = w.pixels("a").astype("float32")
    pixels[3, 4] = np.nan
    w.image("a", pixels, dtype="float32")


def _clipped(w):
    for name in "abc":
        w.image(name, np.minimum(w.pixels(name), 2500))


def _filled(w):
    pixels = w.pixels("a")
    pixels[:9] = 65535
    w.image("a", pixels, nodata=None)


def _rare(w):
    for name in "abc":
        w.label(name, w.ones)
    values = w.ones
    values[5, 5] = 2
    w.label("a", values)


_BY_TWO, _BY_TEN, _FAR = (
    rasterio.Affine.translation(pixels, 0) for pixels in (2, 10, 2000)
)
SCENES = {
    "K001": lambda w: (w.images / "a.tif").write_bytes(b"hello"),
    "K002": lambda w: (w.labels / "b.tif").unlink(),
    "K004": lambda w: w.image("b", w.pixels("b"), dtype="int32"),
    "K005": lambda w: w.image("b", w.pixels("b"), nodata=65535),
    "K101": lambda w: w.image("a", w.pixels("a"), crs=None),
    "K102": _out_of_area,
    "K103": lambda w: w.label("a", w.ones, crs=_crs(4326)),
    "K104": lambda w: w.label("a", w.ones, crs=_crs(25831), transform=w.moved(_BY_TEN)),
    "K105": lambda w: w.label("a", w.ones, transform=w.moved(_BY_TWO)),
    "K106": lambda w: w.label("a", w.ones, transform=w.moved(_FAR)),
    "K107": lambda w: _placed(w, "a", rasterio.Affine.rotation(30)),
    "K108": lambda w: _placed(w, "b", rasterio.Affine.scale(2)),
    "K201": _with_nan,
    "K202": lambda w: w.image("a", w.pixels("a") * [1, 0] + [0, 7]),
    "K203": _clipped,
    "K204": lambda w: w.image("b", w.pixels("b") // 100),
    "K206": _filled,
    "K301": lambda w: w.label("a", 9 * w.ones),
    "K302": lambda w: w.label("a", w.ones, dtype="float32"),
    "K304": lambda w: [w.label(name, w.ones) for name in "abc"],
    "K307": _rare,
    "K401": lambda w: w.image("a", 0 * w.pixels("a") + 500),
    "K402": lambda w: w.label("a", 0 * w.ones),
    "K403": lambda w: shutil.copy(w.images / "a.tif", w.images / "b.tif"),
}
"""What spoils scenes, by the finding that must follow."""

FOLLOWS = {"K204": {"K005"}, "K402": set(), "K301": {"K402"}, "K206": {"K005"}}
"""What else follows, and is right."""


def test_scenes_where_all_is_well_have_no_finding(scenes):
    report = doctor.scenes(scenes.images, scenes.labels, legend=scenes.legend)
    assert report.findings == ()
    assert report.examined == ("3 images, 3 labels",)


@pytest.mark.parametrize("expected", SCENES)
def test_a_fault_of_scenes_is_found(scenes, expected):
    SCENES[expected](scenes)
    report = doctor.scenes(scenes.images, scenes.labels, legend=scenes.legend)
    assert ids(report) - FOLLOWS.get(expected, set()) == {expected}


def test_an_image_among_labels_is_found(scenes):
    raster.write(scenes.labels / "a.tif", np.ones((48, 48, 4), "uint8"))
    report = doctor.scenes(scenes.images, scenes.labels, legend=scenes.legend)
    (found,) = [each for each in report.findings if each.id == "K302"]
    assert "4 bands of uint8 hold no classes" in found.sentence


def test_labels_without_a_legend_are_noted(scenes):
    assert ids(doctor.scenes(scenes.images, scenes.labels)) == {"K303"}


def _drop(w, split):
    w.splits[split] = {}


def _one_class(w, split, label):
    for sample in w.splits[split].values():
        sample["label"][sample["label"] < 2] = label


def _unreadable(w):
    class Broken(dict):
        def __getitem__(self, key):
            raise OSError("damaged")

    w.splits["val"]["val_1"] = Broken()


def _in_reflectance(w):
    for samples in w.splits.values():
        for sample in samples.values():
            sample["image"] = sample["image"].astype("float32")


def _not_finite(w):
    _in_reflectance(w)
    w.splits["val"]["val_0"]["image"][2, 3, 1] = np.inf


def _scaled(w):
    _in_reflectance(w)
    w.splits["val"]["val_0"]["image"] /= 10_000


SAMPLES = {
    "K001": _unreadable,
    "K003": lambda w: _drop(w, "val"),
    "K201": _not_finite,
    "K204": _scaled,
    "K205": lambda w: w.stored[0].fill(0.4),
    "K301": lambda w: w.splits["val"]["val_0"]["label"].fill(7),
    "K305": lambda w: _one_class(w, "train", 0),
    "K306": lambda w: _one_class(w, "test", 0),
    "K401": lambda w: w.splits["val"]["val_0"]["image"].fill(700),
    "K402": lambda w: w.splits["train"]["train_0"]["label"].fill(255),
    "K403": lambda w: w.splits["train"].update(twin=w.splits["train"]["train_0"]),
    "K404": lambda w: w.splits["test"].update(train_0=w.splits["train"]["train_0"]),
    "K405": lambda w: w.splits["val"].update(twin=w.splits["train"]["train_0"]),
}
"""What spoils samples, by the finding that must follow."""


def test_samples_where_all_is_well_have_no_finding(samples):
    report = doctor.samples(samples.load, "data")
    assert report.findings == ()
    assert report.examined == tuple(
        f"{split}: 4 samples" for split in ("train", "val", "test")
    )


@pytest.mark.parametrize("expected", SAMPLES)
def test_a_fault_of_samples_is_found(samples, expected):
    SAMPLES[expected](samples)
    assert ids(doctor.samples(samples.load, "data")) == {expected}


def test_patches_where_all_is_well_have_no_finding(tmp_path):
    patches.write_fake(tmp_path)
    report = doctor.samples(partial(patches.load, root=tmp_path), "patches")
    assert report.findings == ()


def test_patches_that_overlap_across_splits_are_found(tmp_path):
    patches.write_fake(tmp_path)
    index = (tmp_path / "index.csv").read_text()
    for number, (row, column) in enumerate([(0, 0), (31, 0), (0, 32)]):
        name = f"square_{number:02d}"
        index = index.replace(f"{name},{name},0,0", f"{name},scene,{row},{column}")
    (tmp_path / "index.csv").write_text(index)
    about = json.loads((tmp_path / "patches.json").read_text())
    about["index"] = patches.digest(index)
    (tmp_path / "patches.json").write_text(json.dumps(about))
    report = doctor.samples(partial(patches.load, root=tmp_path), "patches")
    assert ids(report) == {"K406"}
    assert report.findings[0].file == "patches: square_00 and square_01"


def _date(folder, old, new, change=lambda pixels: pixels):
    """Write the files of a date anew, under another date."""
    for path in sorted((folder / "images").glob(f"*_{old}_*")):
        with raster.open_stack(path) as stack:
            about, pixels = stack.info, stack.read()
        with raster.Writer(
            path.with_name(path.name.replace(old, new)),
            about,
            bands=about.bands,
            dtype=about.dtype,
            nodata=about.nodata,
        ) as file:
            file.write(change(pixels).astype(about.dtype))


def _first(folder):
    return min(path.name.split("_")[1] for path in (folder / "images").iterdir())


def _undated(folder):
    _date(folder, _first(folder), "someday")


def _twice(folder):
    first = next(iter(sorted((folder / "images").glob("*_10m.tif"))))
    with raster.open_stack(first) as stack:
        about, pixels = stack.info, stack.read()
    with raster.Writer(
        first.with_name(first.name.replace("10m", "10m_again")),
        about,
        bands=about.bands,
        dtype=about.dtype,
        nodata=0,
    ) as file:
        file.write(pixels + 1)


def _jump(folder):
    for old in sorted({p.name.split("_")[1] for p in (folder / "images").iterdir()}):
        _date(folder, old, f"2022{old[4:]}", lambda pixels: pixels + 1000)


SERIES = {
    "K501": _undated,
    "K502": _twice,
    "K503": lambda folder: min((folder / "images").iterdir()).unlink(),
    "K504": _jump,
    "K505": lambda folder: _date(folder, _first(folder), "20300101"),
}
"""What spoils a series, by the finding that must follow."""


def examine(folder):
    known = legends.read(folder / "legend.json")
    return doctor.scenes(folder / "images", folder / "labels.tif", legend=known)


def test_a_series_where_all_is_well_has_no_finding(dated):
    report = examine(dated)
    assert report.findings == ()
    assert report.examined == ("10 dates, 1 labels",)


@pytest.mark.parametrize("expected", SERIES)
def test_a_fault_of_a_series_is_found(dated, expected):
    SERIES[expected](dated)
    assert ids(examine(dated)) == {expected}


def _moved(folder):
    path = min((folder / "images").iterdir())
    with raster.open_stack(path) as stack:
        about, pixels = stack.info, stack.read()
    transform = about.transform @ rasterio.Affine.translation(7, 0)
    like = type(about)(**{**vars(about), "transform": transform})
    with raster.Writer(path, like, bands=about.bands, dtype="uint16", nodata=0) as file:
        file.write(pixels)


def test_a_date_that_lies_elsewhere_is_found(dated):
    assert doctor.scenes(dated / "images").findings == ()
    _moved(dated)
    assert ids(doctor.scenes(dated / "images")) == {"K109"}
    assert ids(examine(dated)) == {"K105"}


def test_scenes_of_other_places_are_no_series_though_names_tell_dates(scenes):
    for number, name in enumerate("abc"):
        change = rasterio.Affine.translation(100 * number, 0)
        dated = f"T31UES_201809{10 + number // 2}_{name}"
        moved = scenes.moved(change)
        scenes.image(dated, scenes.pixels(name), transform=moved)
        (scenes.images / f"{name}.tif").unlink()
    assert doctor.scenes(scenes.images).examined == ("3 images, 0 labels",)
    assert doctor.scenes(scenes.images).findings == ()


def test_the_samples_of_a_series_tell_of_the_offset_too_unless_it_is_taken_off(dated):
    _jump(dated)
    options = {"root": dated, "patch_size": 32, "fractions": (1, 0, 0)}
    load = partial(series.load, **options)
    assert "K504" in ids(doctor.samples(load, "series"))
    taken = doctor.samples(partial(load, offset="auto"), "series")
    assert "K504" not in ids(taken)


def test_every_kind_is_provoked_here():
    elsewhere = {"K109", "K303", "K406"}
    assert {*SCENES, *SAMPLES, *SERIES} | elsewhere == set(KINDS)
