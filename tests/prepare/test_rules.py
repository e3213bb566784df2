"""What becomes a patch, and what is noted of the rest."""

import csv
from dataclasses import dataclass

import numpy as np
import pytest

from kerasseg import raster
from kerasseg.legend import IGNORE
from kerasseg.prepare import patches, rules

pytestmark = pytest.mark.once


def facts(counts, ignored=0, **shares):
    held = np.zeros(256, int)
    held[: len(counts)], held[IGNORE] = counts, ignored
    return rules.Facts(held, **shares)


@pytest.mark.parametrize(
    ("rule", "seen", "reason"),
    [
        (rules.Labelled(0.05, 0), facts([95, 5]), "little label"),
        (rules.Labelled(0.05, 0), facts([94, 6]), None),
        (rules.Labelled(0.0, None), facts([], 100), "little label"),
        (rules.NotOnly((1,), "water"), facts([0, 100]), "only water"),
        (rules.NotOnly((1,), "water"), facts([0, 60], 40), "only water"),
        (rules.NotOnly((1,), "water"), facts([1, 99]), None),
        (rules.NotOnly((1,), "water"), facts([], 100), None),
        (rules.Observed(), facts([9], observed=0.0), "nodata"),
        (rules.Observed(), facts([9], observed=0.01), None),
        (rules.Observed(0.5), facts([9], observed=0.4), "nodata"),
        (rules.Observed(0.5), facts([9]), None),
        (rules.Clear(0.3), facts([9], cloud=0.31, snow=0.0), "cloud"),
        (rules.Clear(0.3), facts([9], cloud=0.3, snow=0.9), None),
        (rules.Clear(1.0, 0.5), facts([9], cloud=0.9, snow=0.6), "snow"),
        (rules.Clear(0.0, 0.0), facts([9]), None),
    ],
)
def test_a_rule_leaves_out_what_it_says(rule, seen, reason):
    assert rule(seen) == reason


def test_the_first_rule_that_leaves_out_is_the_reason():
    asked = (rules.Observed(), rules.NotOnly((0,), "sea"), rules.Clear(0.1))
    assert rules.verdict(asked, facts([9], cloud=0.5, observed=0.5)) == "only sea"
    assert rules.verdict(asked, facts([9, 1], cloud=0.0, observed=0.5)) is None


@dataclass(frozen=True)
class NoWood:
    """A rule of one's own."""

    def __call__(self, seen):
        return "wood" if seen.counts[2] else None


@pytest.fixture
def cloudy(country, tmp_path):
    """Write two scenes of eight windows, and masks half as fine."""
    images, labels, _ = country(((64, 128),) * 2)
    for number in range(2):
        about = raster.info(images / f"scene_{number}.tif")
        label = np.zeros((64, 128), np.uint8)
        label[:, 32:] = 7
        label[32:, 64:96] = 9
        raster.write(labels / f"scene_{number}.tif", label, about)
        mask = np.full((32, 64), 4, np.uint8)
        mask[:16, 16:24] = 9  # half of the window at row 0, column 32
        mask[16:, 48:] = 11  # the last window
        grid = raster.grid(32, 64, "EPSG:2180", about.transform.c, about.transform.f, 1)
        raster.write(tmp_path / "masks" / f"scene_{number}.tif", mask, grid)
        pixels = raster.read(images / f"scene_{number}.tif")
        pixels[:32, 96:] = 0
        with raster.Writer(
            images / f"scene_{number}.tif", about, bands="ab", dtype="uint16", nodata=0
        ) as file:
            file.write(pixels)
    return images, labels, tmp_path / "masks"


def test_every_window_is_noted_with_what_was_decided_and_why(cloudy, codes, tmp_path):
    images, labels, masks = cloudy
    summary = patches.run(
        *(images, labels, codes, tmp_path / "out"),
        size=32,
        fractions=(0.5, 0.5, 0),
        masks=masks,
        max_cloud=0.4,
        max_snow=0.9,
        drop_only=["wood"],
        rules=[NoWood()],
        workers=1,
    )
    with (tmp_path / "out" / "tiles.csv").open() as file:
        lines = [line for line in csv.DictReader(file) if line["scene"] == "scene_0"]
    decided = {(int(each["row"]), int(each["column"])): each for each in lines}
    assert {place: each["decision"] for place, each in decided.items()} == {
        (0, 0): "little label",
        (0, 32): "cloud",
        (0, 64): decided[0, 64]["decision"],
        (0, 96): "little label",  # its image is nodata, so its pixels are unlabelled
        (32, 0): "little label",
        (32, 32): decided[0, 64]["decision"],
        (32, 64): "only wood",
        (32, 96): "snow",
    }
    assert decided[0, 64]["decision"] in ("train", "val")
    assert decided[0, 32]["cloud"] == "0.5000"
    assert decided[32, 96]["snow"] == "1.0000"
    assert decided[0, 96]["observed"] == "0.0000"
    reasons = {"cloud": 2, "little label": 6, "only wood": 2, "snow": 2}
    assert summary["reasons"] == reasons
    assert summary["dropped"] == 12


def test_a_mask_of_another_place_is_refused(cloudy, codes, tmp_path):
    images, labels, masks = cloudy
    grid = raster.grid(32, 64, "EPSG:2180", 0.0, 0.0, 1)
    raster.write(masks / "scene_1.tif", np.zeros((32, 64), np.uint8), grid)
    options = {"size": 32, "fractions": (0.5, 0.5, 0), "workers": 1}
    with pytest.raises(raster.RasterError, match=r"scene_1.tif: no mask of .*scene_1"):
        patches.run(images, labels, codes, tmp_path / "o", masks=masks, **options)


def test_by_default_cloudy_patches_are_kept(cloudy, codes, tmp_path):
    images, labels, masks = cloudy
    options = {"size": 32, "fractions": (0.5, 0.5, 0), "workers": 1}
    summary = patches.run(
        images, labels, codes, tmp_path / "out", masks=masks, **options
    )
    assert set(summary["reasons"]) == {"little label"}
    with pytest.raises(
        ValueError, match=r"--max-cloud 0.1, --max-snow 1.0, but no masks"
    ):
        patches.run(images, labels, codes, tmp_path / "o", max_cloud=0.1, **options)
    with pytest.raises(ValueError, match="no class 'moor' in the legend"):
        patches.run(images, labels, codes, tmp_path / "o", drop_only=["moor"])


def test_large_scenes_are_cut_in_parts_that_change_nothing(
    cloudy, codes, tmp_path, tree, monkeypatch
):
    images, labels, _ = cloudy
    options = {"size": 32, "fractions": (0.5, 0.5, 0), "workers": 1}
    patches.run(images, labels, codes, tmp_path / "whole", **options)
    monkeypatch.setattr(patches.cutting, "PART", 3)
    told = []
    patches.run(
        *(images, labels, codes, tmp_path / "out"),
        progress=lambda *at: told.append(at),
        **options,
    )
    assert told[-1] == (6, 6)
    whole, parted = tree(tmp_path / "whole"), tree(tmp_path / "out")
    assert {n: v for n, v in whole.items() if ".scenes" not in n} == {
        n: v for n, v in parted.items() if ".scenes" not in n
    }
