"""What is wrong is found before hours are spent."""

import pytest

from kerasseg import raster

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
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "train",
        "val",
        "test",
    ]


def test_check_finds_a_broken_patch(kerasseg, patches):
    victim = sorted((patches / "images").iterdir())[0]
    victim.write_bytes(victim.read_bytes()[:100])
    done = kerasseg("check", patches)
    assert done.exit_code == 1
    assert victim.stem in done.stderr
    assert "Traceback" not in done.stderr


def test_check_finds_a_label_outside_the_legend(kerasseg, patches):
    victim = sorted((patches / "labels").iterdir())[0]
    label = raster.read(victim)
    label[3, 4] = 7
    raster.write(victim, label)
    done = kerasseg("check", patches)
    assert done.exit_code == 1
    assert "label 7 is not in the legend, which has 2 classes" in done.stderr
