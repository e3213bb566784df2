"""Scenes, labels and legends that no patches can be made of.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import numpy as np
import pytest

pytestmark = pytest.mark.once

KINDS = ("images", "labels")
PREPARE = "prepare patches images labels legend.yaml new --size 32 --workers 1"

CASES = [
    (
        "no images",
        PREPARE,
        "no image at images. Correct the path or pattern.",
        lambda w: w.remove("images"),
    ),
    (
        "missing mask",
        PREPARE,
        "images/b.tif has no label. Pairs share the part of the path that "
        'varies; give patterns such as "*/images/*.jpg" and "*/masks/*.png" '
        "where folders do not do.",
        lambda w: w.remove("labels/b.tif"),
    ),
    (
        "missing image",
        PREPARE,
        "labels/b.tif has no image. Pairs share the part of the path that "
        'varies; give patterns such as "*/images/*.jpg" and "*/masks/*.png" '
        "where folders do not do.",
        lambda w: w.remove("images/b.tif"),
    ),
    (
        "missing legend",
        PREPARE,
        "no legend at legend.yaml. Write one, or correct the path.",
        lambda w: w.remove("legend.yaml"),
    ),
    (
        "bad legend",
        PREPARE,
        "legend.yaml: code 1 occurs twice. Give it once.",
        lambda w: w.change("code: 2", "code: 1", "legend.yaml"),
    ),
    (
        "bad colour in legend",
        PREPARE,
        "legend.yaml: classes[0]: color 'green'. Give \"#RRGGBB\" or [r, g, b].",
        lambda w: w.change("#00FF00", "green", "legend.yaml"),
    ),
    (
        "legend is not yaml",
        PREPARE,
        "legend.yaml:2: not YAML or JSON: expected the node content, but found '-'. "
        "Correct it there.",
        lambda w: w.change("classes:", "classes: [", "legend.yaml"),
    ),
    (
        "size mismatch",
        PREPARE,
        "labels/b.tif is 64 x 60 pixels, but images/b.tif is 64 x 64. Bring "
        "the label raster there with `kerasseg prepare align`.",
        lambda w: w.paint("labels/b.tif", 1, 64, 60),
    ),
    (
        "wrong band count",
        PREPARE,
        "images/b.tif has 4 bands of uint8, but images/a.tif has 3 of uint8. "
        "All scenes must agree.",
        lambda w: w.paint("images/b.tif", 1, 64, 64, 4),
    ),
    (
        "another type",
        PREPARE,
        "images/b.tif has 3 bands of uint16, but images/a.tif has 3 of "
        "uint8. All scenes must agree.",
        lambda w: w.paint("images/b.tif", 1, 64, 64, 3, dtype="uint16"),
    ),
    (
        "unknown colour",
        PREPARE,
        "labels/b.tif: colour #070707 is not in the legend, which knows "
        "#00FF00, #FF0000, #000000. Add it to `classes` or to `ignored`.",
        lambda w: w.paint("labels/b.tif", 7, 64, 64, 3),
    ),
    (
        "unknown colour in a worker process",
        PREPARE + " --workers 2",
        "labels/b.tif: colour #070707 is not in the legend, which knows "
        "#00FF00, #FF0000, #000000. Add it to `classes` or to `ignored`.",
        lambda w: w.paint("labels/b.tif", 7, 64, 64, 3),
    ),
    (
        "label outside legend",
        PREPARE,
        "labels/b.tif: label value 9 is not in the legend, which knows 0, 1, "
        "2. Add it to `classes` or to `ignored`.",
        lambda w: w.paint("labels/b.tif", 9, 64, 64),
    ),
    (
        "fractional labels",
        PREPARE,
        "labels/b.tif: float32 label. Give whole numbers, or colours.",
        lambda w: w.paint("labels/b.tif", 1, 64, 64, dtype="float32"),
    ),
    (
        "pixels that are no number",
        PREPARE,
        "images/a.tif: nan at row 0, column 0 is nothing measured. Mend it, or "
        "declare it as the file's nodata.",
        lambda w: [
            w.paint(f"images/{n}.tif", np.nan, 64, 64, 3, dtype="float32")
            for n in "abc"
        ],
    ),
    (
        "pixels of a fill that is not declared",
        PREPARE,
        "images/a.tif: -3.40282e+38 at row 0, column 0 is nothing measured. Mend it, "
        "or declare it as the file's nodata.",
        lambda w: [
            w.paint(f"images/{n}.tif", -3.4028235e38, 64, 64, 3, dtype="float32")
            for n in "abc"
        ],
    ),
    (
        "truncated TIFF",
        PREPARE,
        "images/b.tif: damaged or cut short near row 0, column 0. Copy or "
        "download the file again.",
        lambda w: w.cut_short("images/b.tif"),
    ),
    (
        "empty file",
        PREPARE,
        "images/b.tif: not a raster, or damaged at its start. Give a TIFF, "
        "JPEG or PNG; if it is one, copy or download it again.",
        lambda w: w.cut_short("images/b.tif", 0),
    ),
    (
        "not a raster",
        PREPARE,
        "labels/b.tif: not a raster, or damaged at its start. Give a TIFF, "
        "JPEG or PNG; if it is one, copy or download it again.",
        lambda w: w.write("labels/b.tif", "hello"),
    ),
    (
        "scene smaller than a patch",
        PREPARE,
        "images/b.tif is 20 x 40 pixels, smaller than a patch of 32. Fill "
        "it (--edge pad), or give a smaller --size.",
        lambda w: [
            w.paint("images/b.tif", 1, 20, 40, 3),
            w.paint("labels/b.tif", 1, 20, 40),
        ],
    ),
    (
        "too few scenes for three splits",
        PREPARE,
        "2 scenes cannot fill train and val and test: a split would be "
        "empty. Split by blocks (--split block), name scenes per split, or set "
        "fractions to 0.",
        lambda w: w.remove("images/c.tif", "labels/c.tif"),
    ),
    (
        "overlap too large",
        PREPARE + " --overlap 32",
        "overlap 32 of patches of 32 pixels. Give one from 0 to the size less 1.",
        None,
    ),
    (
        "background outside the legend",
        PREPARE + " --background 7",
        "background 7 is no class index. Give one from 0 to 1, or none.",
        None,
    ),
    (
        "fractions that are none",
        PREPARE + " --fractions 1,2",
        "Invalid value for '--fractions': '1,2' is not three shares, such as "
        "0.7,0.2,0.1. See `kerasseg prepare patches --help`.",
        None,
    ),
    (
        "fractions of more than all",
        PREPARE + " --fractions 0.9,0.9,0.9",
        "fractions 0.9,0.9,0.9, 2.7 in all. Give three shares, of train, val and "
        "test, none of them negative and all together at most 1.",
        None,
    ),
    (
        "an image as label",
        PREPARE,
        "labels/b.tif: 4 bands are no label. Give a raster of one band of labels, or "
        "of three of colours.",
        lambda w: w.paint("labels/b.tif", 1, 64, 64, 4),
    ),
    (
        "names of too few bands",
        PREPARE + " --band red --band green",
        "images/a.tif has 3 bands, but 2 names are given: red, green. Give one --band "
        "for each.",
        lambda w: w.remove(*(f"{kind}/{n}.tif" for kind in KINDS for n in "bc")),
    ),
    (
        "pattern that names no scene",
        PREPARE + " --test 'z*'",
        "test: pattern 'z*' names no scene. There are a, b, c.",
        None,
    ),
    (
        "destination in use",
        PREPARE.replace("new", "images"),
        "images holds other files. Give a new or empty folder.",
        None,
    ),
    (
        "unwritable folder",
        PREPARE.replace("new", "legend.yaml/new"),
        "legend.yaml/new/.scenes cannot be made: Not a directory. Choose a "
        "folder you may write to.",
        None,
    ),
    (
        "prepare on a full disk",
        PREPARE + " --background none",
        "new/.scenes/.plan.json cannot be written: File too large. Free some "
        "space or choose another place, and run again.",
        lambda w: w.fill_disk(),
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_scene_is_answered_with_one_clear_line(told, command, line, spoil):
    code = 1 if command.startswith("check") else 2
    assert told(command, spoil) == (code, f"kerasseg: error: {line}\n")
