import shutil

import cv2
import numpy as np
import pytest

from kerasseg import raster
from kerasseg.datasets import landcoverai
from kerasseg.prepare import patches

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    root = tmp_path_factory.mktemp("landcoverai")
    landcoverai.write_fake(root, scenes=3, size=1060)
    return root


@pytest.fixture
def root(painted, tmp_path):
    """Return a copy that a test may spoil."""
    return shutil.copytree(painted, tmp_path / "copy")


def test_tiles_are_numbered_row_by_row_with_the_partial_ones(painted):
    """1060 x 1100 pixels are 2 x 2 whole tiles in a grid of 3 x 3."""
    train = landcoverai.load("train", painted)
    scene = train.ids[0].rpartition("_")[0]
    assert train.ids == tuple(f"{scene}_{k}" for k in (0, 1, 3, 4))
    window = raster.Window(512, 0, 512, 512)
    image = raster.read(painted / "images" / f"{scene}.tif", window)
    label = raster.read_label(painted / "masks" / f"{scene}.tif", window)
    np.testing.assert_array_equal(train[2]["image"], image)
    np.testing.assert_array_equal(train[2]["label"], label)


def test_parts_of_a_tile_make_the_tile(painted):
    whole = landcoverai.load("train", painted)[3]
    parts = landcoverai.load("train", painted, size=256)
    assert parts.ids[12:] == tuple(
        f"P-0-03_4_r{row}_c{column}" for row in (0, 256) for column in (0, 256)
    )
    for name in ("image", "label"):
        upper, lower = (
            np.concatenate([parts[i][name] for i in pair], axis=1)
            for pair in ((12, 13), (14, 15))
        )
        np.testing.assert_array_equal(np.concatenate([upper, lower]), whole[name])


def test_tiles_cut_by_the_official_script_are_read_as_well(root):
    expected = landcoverai.load("val", root)
    (root / "output").mkdir()
    for index, name in enumerate(expected.ids):
        sample = expected[index]
        label = np.repeat(sample["label"][..., None], 3, axis=-1)
        cv2.imwrite(str(root / "output" / f"{name}.jpg"), sample["image"][..., ::-1])
        cv2.imwrite(str(root / "output" / f"{name}_m.png"), label)
    shutil.rmtree(root / "images")
    written = landcoverai.load("val", root)
    assert written.ids == expected.ids
    np.testing.assert_array_equal(written[1]["label"], expected[1]["label"])
    off = written[1]["image"].astype(int) - expected[1]["image"]
    assert np.abs(off).mean() < 8  # JPEG; the bands in another order are far off


def test_patches_made_of_it_are_read_in_its_place(root, tmp_path):
    patches.run(
        root / "images",
        root / "masks",
        landcoverai.load("train", root).legend,
        tmp_path / "patches",
        split="random",
        workers=1,
    )
    prepared = landcoverai.load("train", tmp_path / "patches")
    assert prepared[0]["image"].shape == (256, 256, 3)
    with pytest.raises(ValueError, match="holds patches of 256 pixels, not 512"):
        landcoverai.load("train", tmp_path / "patches", size=512)


def test_the_landscape_cannot_be_told_by_colour_alone(painted):
    """The nearest mean colour, the simplest map, is far from the truth."""
    train, test = (landcoverai.load(split, painted) for split in ("train", "test"))
    colors, labels = (
        np.concatenate([train[i][name] for i in range(len(train))])
        for name in ("image", "label")
    )
    means = np.stack([colors[labels == index].mean(axis=0) for index in range(5)])
    image, truth = test[0]["image"].astype(float), test[0]["label"]
    nearest = ((image[:, :, None] - means) ** 2).sum(axis=-1).argmin(axis=-1)
    ious = [
        ((nearest == index) & (truth == index)).sum()
        / ((nearest == index) | (truth == index)).sum()
        for index in range(5)
    ]
    assert np.mean(ious) < 0.5


def test_every_class_is_in_every_split(painted):
    for split in ("train", "val", "test"):
        counts = landcoverai.load(split, painted).class_counts()
        assert (counts / counts.sum() > 0.01).all()


def test_scenes_lie_in_poland_and_apart(painted):
    corners = {
        raster.info(path).transform @ (0, 0) for path in (painted / "masks").iterdir()
    }
    assert len(corners) == 3
    assert raster.info(next((painted / "images").iterdir())).crs.to_epsg() == 2180


def test_a_tile_that_is_not_in_its_scene_is_told(root):
    for name in ("P-0-01_2", "P-0-01_99", "P-0-01_x"):
        (root / "test.txt").write_text(name)
        with pytest.raises(ValueError, match=f"{name}: no such tile in .*P-0-01.tif"):
            landcoverai.load("test", root)


def test_a_missing_scene_is_told(root):
    (root / "masks" / "P-0-01.tif").unlink()
    with pytest.raises(FileNotFoundError, match=r"no raster at .*masks/P-0-01.tif"):
        landcoverai.load("test", root)


def test_a_missing_written_tile_is_told(root):
    (root / "images").rename(root / "output")
    with pytest.raises(FileNotFoundError, match=r"P-0-01_0.jpg, named in test.txt"):
        landcoverai.load("test", root)


def test_an_empty_list_is_told(root):
    (root / "val.txt").write_text("\n")
    with pytest.raises(ValueError, match=r"val.txt is empty"):
        landcoverai.load("val", root)


def test_a_label_out_of_the_legend_is_told(root):
    path = root / "masks" / "P-0-01.tif"
    raster.write(path, np.full((1060, 1100), 5, np.uint8), raster.info(path))
    with pytest.raises(ValueError, match=r"P-0-01.tif: label value 5; .* 0 to 4"):
        landcoverai.load("test", root)[0]


@pytest.mark.parametrize("size", [0, 100, 1024])
def test_a_size_that_does_not_divide_tiles_is_told(painted, size):
    with pytest.raises(ValueError, match=f"size {size} "):
        landcoverai.load("train", painted, size=size)


def test_too_few_scenes_are_told(tmp_path):
    with pytest.raises(ValueError, match="2 scenes"):
        landcoverai.write_fake(tmp_path, scenes=2)
