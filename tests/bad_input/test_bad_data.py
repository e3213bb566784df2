"""Data that cannot be used.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import numpy as np
import pytest

pytestmark = pytest.mark.once

CASES = [
    (
        "missing data root",
        "fit recipe.yaml",
        "no patches at {tmp}/patches (no patches.json there). Make them with "
        "`kerasseg prepare patches`, or correct the path.",
        lambda w: w.remove("patches"),
    ),
    (
        "empty split",
        "fit recipe.yaml",
        "{tmp}/patches/index.csv: no patch in split 'val', of 12 in all. "
        "Prepare the data again with a fraction for it.",
        lambda w: w.prepare(fractions=(0.8, 0, 0.2)),
    ),
    (
        "index that was edited",
        "fit recipe.yaml",
        "{tmp}/patches/index.csv is not the index patches.json was written "
        "with. Prepare the data again.",
        lambda w: w.change(",val,", ",train,", "patches/index.csv"),
    ),
    (
        "patches.json cut short",
        "check patches",
        "patches/patches.json: damaged or not of kerasseg (Expecting value: line 1 "
        "column 10 (char 9)). Prepare the data again.",
        lambda w: w.write("patches/patches.json", '{"size": '),
    ),
    (
        "patches.json of something else",
        "check patches",
        "patches/patches.json: damaged or not of kerasseg (no 'size'). Prepare the "
        "data again.",
        lambda w: w.write("patches/patches.json", '["another"]'),
    ),
    (
        "index without its file",
        "check patches",
        "no index at patches/index.csv. Prepare the data again.",
        lambda w: w.remove("patches/index.csv"),
    ),
    (
        "sample of unknown dataset",
        "sample atlantis new",
        "no dataset 'atlantis'. Choose from: landcoverai, pastis, patches, "
        "s2tsczcrop, series.",
        None,
    ),
    (
        "sample into a full folder",
        "sample patches images",
        "images is not empty. Choose a new folder, so that nothing is mixed.",
        None,
    ),
    (
        "init without labels",
        "init images nowhere",
        "no label raster at nowhere. Correct the path or pattern.",
        None,
    ),
    (
        "init over a recipe",
        "init images labels",
        "recipe.yaml is there already. Choose another --output.",
        lambda w: w.write("recipe_legend.yaml", ""),
    ),
    (
        "init with measurements for labels",
        "init images labels --output new.yaml",
        "labels/a.tif: more than 64 different values, too many for classes. "
        "Store labels without loss, as PNG or TIFF.",
        lambda w: w.paint("labels/a.tif", np.arange(99), 64, 99),
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_bad_data_is_answered_with_one_clear_line(told, command, line, spoil):
    code = 1 if command.startswith("check") else 2
    assert told(command, spoil) == (code, f"kerasseg: error: {line}\n")
