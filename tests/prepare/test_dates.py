"""Several dates of one place, as samples or as series."""

import csv

import numpy as np
import pytest

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.datasets import patches as dataset
from kerasseg.prepare import dated, patches
from kerasseg.prepare.sky import Codes

pytestmark = pytest.mark.once

DATES = ("20180401", "20180805")


@pytest.fixture
def seasons(tmp_path):
    """Write three places of two dates (the last of one more), and their labels."""
    rng, scenes = np.random.default_rng(0), {}
    for number in range(3):
        grid = raster.grid(64, 64, "EPSG:2180", 5e5 + number * 1e4, 4e5, 0.5)
        for date in (*DATES, *(("20181001",) if number == 2 else ())):
            image = rng.integers(1, 999, (64, 64, 2)).astype(np.uint16)
            name = f"S2_{date}_p{number}"
            raster.write(tmp_path / "images" / f"{name}.tif", image, grid)
            scenes[name] = image
        label = rng.choice([0, 7, 9], (64, 64)).astype(np.uint8)
        raster.write(tmp_path / "labels" / f"S2_p{number}.tif", label, grid)
    return tmp_path / "images", tmp_path / "labels", scenes


def test_dates_of_a_place_are_samples_of_one_split(seasons, codes, tmp_path):
    images, labels, scenes = seasons
    out = tmp_path / "out"
    patches.run(images, labels, codes, out, size=32, dates="samples", workers=1)
    with (out / "index.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert {line["scene"] for line in lines} == set(scenes)
    splits = {line["scene"][-2:]: set() for line in lines}
    for line in lines:
        splits[line["scene"][-2:]].add(line["split"])
    assert sorted(map(tuple, splits.values())) == [("test",), ("train",), ("val",)]


def test_dates_of_a_place_are_stacked_as_a_series(seasons, codes, tmp_path):
    images, labels, scenes = seasons
    out = tmp_path / "out"
    summary = patches.run(
        images, labels, codes, out, size=32, dates="series", workers=1
    )
    assert summary["dates"]["S2_p0"] == ["2018-04-01", "2018-08-05"]
    assert summary["bands"] == ["band_1", "band_2"]
    lengths = set()
    for split in ("train", "val", "test"):
        part = dataset.load(split, out)
        assert len(part) == 4
        for place, name in enumerate(part.ids):
            sample = part[place]
            row, column = (int(text[1:]) for text in name.split("_")[-2:])
            dates = [key for key in sorted(scenes) if key.endswith(name[3:5])]
            for frame, key in zip(sample["image"], dates, strict=True):
                window = scenes[key][row : row + 32, column : column + 32]
                np.testing.assert_array_equal(frame, window)
            lengths.add(len(sample["days"]))
            assert sample["days"][:2].tolist() == [0, 126]
            assert sample["day_of_year"][:2].tolist() == [91, 217]
    assert lengths == {2, 3}
    mean = np.concatenate(
        [
            scenes[key].reshape(-1, 2)
            for key in scenes
            if dataset.load("train", out).scenes[0][-2:] == key[-2:]
        ]
    ).mean(axis=0)
    np.testing.assert_allclose(summary["mean"], mean)
    later = dataset.load("train", out, reference_date="2018-03-31")[0]
    assert later["days"][0] == 1


def test_frames_without_an_image_are_zero_and_not_counted(seasons, codes, tmp_path):
    images, labels, scenes = seasons
    for name, image in scenes.items():
        about = raster.info(images / f"{name}.tif")
        if DATES[0] in name:
            image[:] = 9999
        with raster.Writer(
            images / f"{name}.tif", about, bands="ab", dtype="uint16", nodata=9999
        ) as file:
            file.write(image)
    out = tmp_path / "out"
    summary = patches.run(
        images, labels, codes, out, size=32, dates="series", workers=1
    )
    sample = dataset.load("train", out)[0]
    assert not sample["image"][0].any()
    assert sample["image"][1].all()
    assert (sample["label"] != 255).all()
    assert max(summary["mean"]) < 999


@pytest.mark.parametrize(
    ("names", "labels", "line"),
    [
        (["a_2018.tif"], ["a.tif"], r"a_2018.tif: no date such as 20180915"),
        (["a_20180230.tif"], ["a.tif"], "'20180230' is not a date"),
        (
            ["a_20180901.tif", "a-2018-09-01.tif"],
            ["a.tif"],
            "are of one place and date. Keep one",
        ),
        (
            ["b_20180901.tif"],
            ["a.tif", "c.tif"],
            "no label of its place 'b'. There are",
        ),
        (["a_20180901.tif"], ["a_20180901.tif", "a_20180902.tif"], "of one place"),
    ],
)
def test_names_that_tell_too_little_are_told(tmp_path, names, labels, line):
    for folder, files in (("i", names), ("l", labels)):
        (tmp_path / folder).mkdir()
        for name in files:
            (tmp_path / folder / name).touch()
    with pytest.raises(ValueError, match=line):
        dated.find(tmp_path / "i", tmp_path / "l", stacked=True)


def masked(tmp_path, images, masks, stacked=False):
    """Return the names of the masks that images get, by their own names."""
    for folder, files in (("i", images), ("m", masks)):
        for name in files:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (tmp_path / "l").mkdir()
    for place in {dated._place(name.removesuffix(".tif")) for name in images}:
        (tmp_path / "l" / f"{place.replace('/', '_')}.tif").touch()
    found = dated.find(tmp_path / "i", tmp_path / "l", stacked=stacked)
    found = dated.with_masks(found, tmp_path / "m")
    return {
        image.relative_to(tmp_path / "i").as_posix(): mask.name
        for pair in found
        for image, mask in zip(pair.images, pair.masks, strict=True)
    }


@pytest.mark.parametrize("stacked", [True, False])
def test_a_mask_is_that_of_date_and_place(tmp_path, stacked):
    images = ["20180401_p1.tif", "20180401_p10.tif", "20180805_p1.tif"]
    masks = ["p10_20180401_SCL.tif", "p1_20180401_SCL.tif", "clear_2018-08-05.tif"]
    assert masked(tmp_path, images, masks, stacked) == dict(
        zip(images, ["p1_20180401_SCL.tif", masks[0], masks[2]], strict=True)
    )


def test_a_date_may_stand_in_the_name_of_a_folder(tmp_path):
    images = ["20180401/image.tif", "20180805/image.tif"]
    masks = ["20180805.tif", "20180401.tif"]
    assert masked(tmp_path, images, masks, stacked=True) == {
        images[0]: "20180401.tif",
        images[1]: "20180805.tif",
    }


def test_the_mask_of_another_place_is_not_taken(tmp_path):
    images = ["20180401_p1.tif", "20180401_p2.tif"]
    with pytest.raises(ValueError, match=r"p2.tif: no masks of its .* place 'p2'"):
        masked(tmp_path, images, ["20180401_p1.tif"])


def test_the_mask_of_another_date_is_not_taken(tmp_path):
    with pytest.raises(ValueError, match=r"no masks of its name or date\. Give"):
        masked(tmp_path, ["20180401_p.tif"], ["20180402_p.tif"])


def test_real_masks_of_20_m_are_read_on_images_of_10_m(shared, tmp_path):
    root = shared("data", "worldcereal_flanders_2019", "geotiff")
    legend = {
        "classes": [{"name": f"c{code}", "color": [code] * 3} for code in range(19)],
        "ignored": [{"name": "void", "color": "#FFFFFF", "code": 19}],
    }
    patches.run(
        f"{root}/S2_*_10m.tif",
        root / "labels_index_10m.tif",
        legends.from_dict(legend),
        tmp_path / "out",
        size=16,
        dates="samples",
        masks=f"{root}/SCL_*_20m.tif",
        sky=Codes(cloud=(5,)),  # these dates are clear: take bare soil for cloud
        max_cloud=0.5,
        background=None,
        split="block",
        block=2,
        fractions=(0.5, 0.5, 0),
        workers=1,
    )
    with (tmp_path / "out" / "tiles.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * 16
    for line in lines:
        mask = raster.read_label(root / f"SCL_{line['scene']}_20m.tif")
        row, column = int(line["row"]) // 2, int(line["column"]) // 2
        share = (mask[row : row + 8, column : column + 8] == 5).mean()
        assert float(line["cloud"]) == pytest.approx(share, abs=1e-4)
        assert (line["decision"] == "cloud") == (share > 0.5)
    assert {line["decision"] for line in lines} == {"train", "val", "cloud"}
