"""What is wrong is found before hours are spent."""

import json
import re

import numpy as np
import pytest

from kerasseg import doctor, raster
from kerasseg.datasets import pastis, series

pytestmark = pytest.mark.once


def test_check_tells_all_faults_of_a_recipe_and_ends_with_1(kerasseg, tmp_path):
    (tmp_path / "a.yaml").write_text("sed: 1\nmodel: fpnn\n")
    done = kerasseg("check", "a.yaml")
    assert done.exit_code == 1
    assert "a.yaml:1: sed: unknown key" in done.stderr
    assert "a.yaml:2: model.name: no model 'fpnn'" in done.stderr


def test_check_counts_good_patches(kerasseg, patches):
    done = kerasseg("check", patches)
    assert done.exit_code == 0, done.stderr
    assert [re.sub(r":.*|\d+\.\d", "", line) for line in done.stdout.splitlines()] == [
        "train",
        "val",
        "test",
        "all is well ( s)",
    ]


def test_check_finds_a_broken_patch(kerasseg, patches):
    victim = sorted((patches / "images").iterdir())[0]
    victim.write_bytes(victim.read_bytes()[:100])
    done = kerasseg("check", patches)
    assert done.exit_code == 1
    assert victim.stem in done.stdout
    assert "Traceback" not in done.stderr


def test_check_finds_a_label_outside_the_legend(kerasseg, patches):
    victim = sorted((patches / "labels").iterdir())[0]
    label = raster.read(victim)
    label[3, 4] = 7
    raster.write(victim, label)
    done = kerasseg("check", patches)
    assert done.exit_code == 1
    assert "label 7 is not in the legend, which has 2 classes" in done.stdout


@pytest.fixture
def rasters(world):
    """Two scenes, all well but for the CRS: there is none, and no place either."""
    (world / "legend.yaml").write_text(
        "classes: [{name: a, color: '#FF0000', code: 1},"
        " {name: b, color: '#00FF00', code: 3}]\n"
    )
    return "check", "images", "--labels", "labels", "--legend", "legend.yaml"


def test_check_of_good_rasters_ends_with_0(kerasseg, rasters):
    done = kerasseg(*rasters)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("2 images, 2 labels\nall is well")


def test_check_of_rasters_tells_finding_file_sentence_and_cure(kerasseg, rasters):
    raster.write("labels/a.tif", np.full((40, 50), 7, np.uint8))
    done = kerasseg(*rasters)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:3] == [
        "error    K301 outside-legend  labels/a.tif",
        "         label value 7 is not in the legend.",
        "         → Add it to `classes` or to `ignored` of the legend.",
    ]


def test_json_tells_all_that_the_table_does(kerasseg, rasters):
    raster.write("images/a.tif", np.zeros((40, 50, 4), np.uint16))
    done = kerasseg(*rasters, "--json")
    told = json.loads(done.stdout)
    assert (told["errors"], told["warnings"], told["notes"]) == (0, 1, 0)
    assert told["findings"] == [
        {
            "id": "K401",
            "name": "empty-image",
            "severity": "warning",
            "file": "images/a.tif",
            "sentence": "The image has one value everywhere.",
            "cure": "Leave it out, or download it again.",
        }
    ]


def test_warnings_fail_only_when_strict_and_can_be_ignored(kerasseg, rasters):
    raster.write("images/a.tif", np.zeros((40, 50, 4), np.uint16))
    codes = [
        kerasseg(*rasters, *options).exit_code
        for options in ((), ("--strict",), ("--strict", "--ignore", "K401"))
    ]
    assert codes == [0, 1, 0]


def test_the_list_has_every_kind(kerasseg):
    lines = kerasseg("check", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [*doctor.KINDS]


def test_the_table_shows_a_kind_a_few_times_and_counts_the_rest(kerasseg, world):
    for number in range(12):
        name = world / "labels" / f"{number}.tif"
        raster.write(name, np.full((40, 50), 50 + number, np.uint8))
        raster.write(
            world / "images" / f"{number}.tif",
            np.random.default_rng(number)
            .integers(1, 999, (40, 50, 4))
            .astype("uint16"),
        )
    (world / "legend.yaml").write_text(
        "classes: [{name: a, color: '#FF0000', code: 1},"
        " {name: b, color: '#00FF00', code: 3}]\n"
    )
    done = kerasseg("check", "images", "--labels", "labels", "--legend", "legend.yaml")
    assert done.stdout.count("error    K301") == 8
    assert "… and 4 more K301; --json tells all." in done.stdout


def test_check_of_a_recipe_examines_its_samples(kerasseg, tmp_path):
    from fakes import TINY_RECIPE

    (tmp_path / "a.yaml").write_text(TINY_RECIPE)
    done = kerasseg("check", "a.yaml")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:3] == [
        f"{split}: 12 samples" for split in ("train", "val", "test")
    ]


def test_check_knows_a_folder_of_pastis_by_its_metadata(kerasseg, tmp_path):
    pastis.write_fake(tmp_path / "data", patches_per_fold=1, size=16, dates=6)
    done = kerasseg("check", "data", "--strict", "--ignore", "K305")
    assert done.exit_code == 0, done.output
    assert "train: 3 samples" in done.stdout


def test_check_takes_the_legend_of_a_folder_if_it_is_one(kerasseg, tmp_path):
    series.write_fake(tmp_path / "data", size=32)
    assert kerasseg("check", "data").stdout.startswith("10 dates, 1 labels\nall is")
    (tmp_path / "data" / "legend.json").write_text('{"labels.tif": {"1": "maize"}}')
    assert "K303 no-legend" in kerasseg("check", "data").stdout
