"""Dated scenes that make no series.

Each case: what is wrong, what is said after `kerasseg: error: ` when the recipe is
fitted, and what has spoilt the good scene. A new case is a new line here.
"""

import json

import numpy as np
import pytest

from kerasseg import raster

pytestmark = pytest.mark.once

RECIPE = """\
version: 1
backend: BACKEND
data: {name: series, root: scene, patch_size: 8}
model: fakes.tiny
training: {epochs: 1, batch_size: 1, learning_rate: 0.1}
"""
LEGEND = {
    "classes": [
        {"name": "grass", "color": "#00FF00", "code": 1},
        {"name": "maize", "color": "#FFFF00", "code": 2},
    ]
}


def paint(world, name, bands=("B04",), side=32, pixel=10, west=0, dtype="uint16"):
    grid = raster.grid(side, side, "EPSG:32631", west, 0, pixel)
    pixels = np.ones((side, side, len(bands)), dtype)
    place = world.folder / "scene" / name
    with raster.Writer(place, grid, bands=bands, dtype=dtype) as file:
        file.write(pixels)


def build(world):
    """Write two dates at 10 and 20 m, all in order."""
    import keras

    for date in ("20190101", "20190201"):
        paint(world, f"images/{date}_10m.tif", ("B04", "B08"))
        paint(world, f"images/{date}_20m.tif", ("B11",), 16, 20)
    paint(world, "labels.tif", ("class",), dtype="uint8")
    world.write("scene/legend.json", json.dumps(LEGEND))
    world.write("recipe.yaml", RECIPE.replace("BACKEND", keras.config.backend()))


def given(text):
    """Return what gives the dataset more options."""
    return lambda w: w.change("patch_size: 8", f"patch_size: 8, {text}")


def both(*spoilers):
    return lambda w: [spoil(w) for spoil in spoilers]


CASES = [
    (
        "no labels",
        "no labels at scene/labels.tif. Correct `root`, or name them with `labels`.",
        lambda w: w.remove("scene/labels.tif"),
    ),
    (
        "no images",
        "no image at scene/images/*.tif. Correct `root` or the pattern.",
        lambda w: w.remove("scene/images"),
    ),
    (
        "a name without a date",
        "images/autumn.tif: no date as 20180915 or 2018-09-15 in its name. Rename it, "
        "or give `date_format` or a table of `dates`.",
        lambda w: paint(w, "images/autumn.tif"),
    ),
    (
        "a form that tells no day",
        "date_format '%Y-%m' does not tell a day. Write such as \"%Y%m%d\" or "
        '"%Y%j", of %Y or %y, %m and %d or %j.',
        given('date_format: "%Y-%m"'),
    ),
    (
        "a date before the season",
        "scene: date 2019-01-01 lies before the reference date 2019-01-15. Set "
        'reference_date: "2019-01-01" or earlier.',
        given('reference_date: "2019-01-15"'),
    ),
    (
        "a date that lacks a band",
        "scene/images/20190201_10m.tif: date 2019-02-01 has no band B11, which other "
        "dates have. Add it, take the date out, or name the `bands` that all dates "
        "have.",
        lambda w: w.remove("scene/images/20190201_20m.tif"),
    ),
    (
        "a band that is there twice",
        "scene/images/20190201_again.tif: band B04 of 2019-02-01 is in "
        "scene/images/20190201_10m.tif too. Keep one, or give `images` a pattern for "
        "each with the names of its bands.",
        lambda w: paint(w, "images/20190201_again.tif"),
    ),
    (
        "a band nobody has",
        "bands: no B99 in the files, which have B04, B08, B11. Correct the names.",
        given("bands: [B04, B99]"),
    ),
    (
        "another type",
        "scene/images/20190201_20m.tif is of float32, but "
        "scene/images/20190101_10m.tif of uint16. Store all bands in one type.",
        lambda w: paint(
            w, "images/20190201_20m.tif", ("B11",), 16, 20, dtype="float32"
        ),
    ),
    (
        "names for another number of bands",
        "scene/images/20190101_10m.tif has 2 bands, but 1 are named: red. Name each.",
        given("images: {images/*_10m.tif: [red]}"),
    ),
    (
        "labels on a grid of their own",
        "scene/labels.tif: 32 x 32 pixels of 10 from (5, 0), EPSG:32631, but "
        "scene/images/20190101_10m.tif: 32 x 32 pixels of 10 from (0, 0), EPSG:32631. "
        "Labels must lie on the grid of the finest images, and coarser images be a "
        "whole number of times coarser: bring labels there with "
        "`kerasseg prepare align`.",
        lambda w: paint(w, "labels.tif", west=5, dtype="uint8"),
    ),
    (
        "labels that are measurements",
        "scene/labels.tif: 1 bands of float32. Labels are one band of whole numbers.",
        lambda w: paint(w, "labels.tif", dtype="float32"),
    ),
    (
        "a label the legend does not know",
        "scene/labels.tif: label value 1 is not in the legend, which knows 2, 3. Add "
        "it to `classes` or to `ignored`.",
        both(
            lambda w: w.change('"code": 2', '"code": 3', "scene/legend.json"),
            lambda w: w.change('"code": 1', '"code": 2', "scene/legend.json"),
        ),
    ),
    (
        "a date without a cloud mask",
        "clouds: 0 masks of 2019-02-01, and each date needs one. Add it, or correct "
        "the pattern.",
        both(
            lambda w: paint(w, "masks/20190101.tif", dtype="uint8"),
            given("clouds: masks/*.tif"),
        ),
    ),
    (
        "a table that names a missing file",
        "no file at scene/images/x.tif, which scene/dates.csv names. Correct the "
        "table.",
        both(
            lambda w: w.write("scene/dates.csv", "file,date\nimages/x.tif,20190101\n"),
            given("dates: scene/dates.csv"),
        ),
    ),
    (
        "a table with something else than a date",
        "scene/dates.csv: images/20190101_10m.tif: 'soon' is not a date. Write it as "
        "20180915 or 2018-09-15.",
        both(
            lambda w: w.write(
                "scene/dates.csv", "file,date\nimages/20190101_10m.tif,soon\n"
            ),
            given("dates: scene/dates.csv"),
        ),
    ),
    (
        "a table without heads",
        "scene/dates.csv: no columns `file` and `date`. Write both as heads.",
        both(
            lambda w: w.write("scene/dates.csv", "images/20190101_10m.tif,20190101\n"),
            given("dates: scene/dates.csv"),
        ),
    ),
    (
        "a quarter of five",
        "quarters: 'train': [5]. Give quarters 1 (upper left) to 4 (lower right) to "
        "train, val and test.",
        given("quarters: {train: [5]}"),
    ),
    (
        "quarters that leave a split out",
        "scene: no patch in split 'val', of 16 in all. Give it a fraction, quarters or "
        "patches, or choose a smaller patch_size or block.",
        given("quarters: {train: [1, 2, 3], test: [4]}"),
    ),
    (
        "two fractions",
        "fractions 0.8,0.2, 1 in all. Give three shares, of train, val and test, "
        "none of them negative and all together at most 1.",
        given("fractions: [0.8, 0.2]"),
    ),
    (
        "fractions of more than all",
        "fractions 0.9,0.9,0.9, 2.7 in all. Give three shares, of train, val and "
        "test, none of them negative and all together at most 1.",
        given("fractions: [0.9, 0.9, 0.9]"),
    ),
    (
        "splits of patches that are not there",
        "scene/splits.json: no patch 'r0_c4' with a labelled pixel. There are r0_c0, "
        "r0_c8, r0_c16, r0_c24, ….",
        both(
            lambda w: w.write("scene/splits.json", '{"r0_c4": "train"}'),
            given("splits_file: scene/splits.json"),
        ),
    ),
    (
        "splits of another name",
        "scene/splits.json: split 'holdout'. Choose from: train, val, test.",
        both(
            lambda w: w.write("scene/splits.json", '{"r0_c0": "holdout"}'),
            given("splits_file: scene/splits.json"),
        ),
    ),
]


@pytest.mark.parametrize(
    ("line", "spoil"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_bad_dated_scenes_are_answered_with_one_clear_line(told, line, spoil):
    code, said = told("fit recipe.yaml", lambda world: (build(world), spoil(world)))
    assert (code, said.replace("{tmp}/", "")) == (2, f"kerasseg: error: {line}\n")
