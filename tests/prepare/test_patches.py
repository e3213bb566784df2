import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio

from kerasseg import raster
from kerasseg.datasets import patches as dataset
from kerasseg.legend import IGNORE, LegendError
from kerasseg.prepare import patches

pytestmark = pytest.mark.once


def run(images, labels, codes, destination, **options):
    options = {"size": 32, "workers": 1} | options
    return patches.run(images, labels, codes, destination, **options)


@pytest.fixture
def prepare(country, codes, tmp_path):
    """Write a country, cut it, and return the scenes, the folder and the summary."""

    def make(shapes=((70, 100),) * 4, **options):
        images, labels, scenes = country(shapes)
        summary = run(images, labels, codes, tmp_path / "out", **options)
        return scenes, tmp_path / "out", summary

    return make


def index(folder):
    with (folder / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_patches_are_the_windows_of_their_scenes(prepare):
    scenes, folder, summary = prepare()
    lines = index(folder)
    assert len(lines) == 4 * 2 * 3
    for split in ("train", "val", "test"):
        part = dataset.load(split, folder)
        assert len(part) == summary["splits"][split]["patches"]
        for number, name in enumerate(part.ids):
            line = next(line for line in lines if line["id"] == name)
            place = np.s_[int(line["row"]) :, int(line["column"]) :]
            image, label = (each[place][:32, :32] for each in scenes[line["scene"]])
            np.testing.assert_array_equal(part[number]["image"], image)
            np.testing.assert_array_equal(part[number]["label"], label)


def test_patches_keep_their_place_on_the_ground(prepare):
    _, folder, _ = prepare()
    line = index(folder)[-1]
    about = raster.info(folder / "images" / f"{line['id']}.tif")
    scene = raster.info(folder.parent / "images" / f"{line['scene']}.tif")
    corner = scene.transform @ (int(line["column"]), int(line["row"]))
    assert about.transform @ (0, 0) == corner
    assert about.crs == scene.crs


def test_the_index_counts_what_the_labels_hold(prepare):
    _, folder, summary = prepare(edge="pad")
    total = Counter()
    for line in index(folder):
        label = raster.read_label(folder / "labels" / f"{line['id']}.tif")
        for number, name in enumerate(("field", "house", "wood")):
            assert int(line[name]) == (label == number).sum()
            total[line["split"], name] += int(line[name])
        assert int(line["ignored"]) == (label == IGNORE).sum()
    for split, facts in summary["splits"].items():
        assert facts["pixels"] == {
            name: total[split, name] for name in ("field", "house", "wood")
        }


def test_statistics_are_those_of_the_observed_training_pixels(prepare):
    _, folder, summary = prepare(edge="pad")
    pixels = []
    for line in index(folder):
        if line["split"] == "train":
            image = raster.read(folder / "images" / f"{line['id']}.tif")
            pixels.append(
                image[image.min(axis=-1) > 0]
            )  # the fill is 0, pixels are not
    pixels = np.concatenate(pixels).astype(float)
    np.testing.assert_allclose(summary["mean"], pixels.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(summary["std"], pixels.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize(("edge", "number"), [("crop", 6), ("shift", 12), ("pad", 12)])
def test_edges_are_left_out_moved_back_or_filled(prepare, edge, number):
    _, folder, _ = prepare(edge=edge, keep=0.0)
    first = [line for line in index(folder) if line["scene"] == "scene_0"]
    assert len(first) == number
    assert any(int(line["ignored"]) for line in first) == (edge == "pad")


def test_a_small_scene_is_filled_or_refused(prepare):
    with pytest.raises(
        ValueError, match=r"20 x 100 pixels, smaller than a patch of 32"
    ):
        prepare(shapes=((20, 100),) * 3)
    _, folder, _ = prepare(shapes=((20, 100),) * 3, edge="pad")
    assert {int(line["ignored"]) for line in index(folder)} == {
        12 * 32,
        12 * 32 + 20 * 28,
    }


def test_overlap_is_shared_by_neighbours(prepare):
    _, folder, _ = prepare(overlap=16)
    columns = sorted({int(line["column"]) for line in index(folder)})
    assert columns == [0, 16, 32, 48, 64]


def paint(path, label):
    raster.write(path, label, raster.info(path))


@pytest.mark.parametrize(
    ("code", "share", "kept"), [(7, 1, 1), (7, 0.06, 1), (7, 0.04, 0), (0, 1, 0)]
)
def test_patches_of_little_but_background_are_dropped(
    country, codes, tmp_path, code, share, kept
):
    images, labels, _ = country(((32, 32),) * 4)
    label = np.zeros((32, 32), np.uint8)
    label.flat[: int(share * label.size)] = code
    paint(labels / "scene_3.tif", label)
    summary = run(images, labels, codes, tmp_path / "out")
    assert [line["scene"] for line in index(tmp_path / "out")].count("scene_3") == kept
    assert summary["dropped"] == 1 - kept


def test_without_background_every_labelled_patch_is_kept(country, codes, tmp_path):
    images, labels, _ = country(((32, 32),) * 4)
    paint(labels / "scene_2.tif", np.zeros((32, 32), np.uint8))
    paint(labels / "scene_3.tif", np.full((32, 32), 255, np.uint8))
    run(images, labels, codes, tmp_path / "out", background=None)
    kept = [line["scene"] for line in index(tmp_path / "out")]
    assert kept == ["scene_0", "scene_1", "scene_2"]


def test_scenes_of_like_names_have_unlike_patches(country, codes, tmp_path):
    images, labels, _ = country(((32, 32),) * 4)
    for folder in (images, labels):
        (folder / "a").mkdir()
        (folder / "scene_0.tif").rename(folder / "a" / "b.tif")
        (folder / "scene_1.tif").rename(folder / "a b.tif")
        (folder / "scene_2.tif").rename(folder / "A_B.tif")
    run(images, labels, codes, tmp_path / "out")
    names = [line["id"] for line in index(tmp_path / "out")]
    assert len({name.casefold() for name in names}) == 4


def test_a_scene_may_have_any_name(country, codes, tmp_path):
    images, labels, _ = country(((32, 32),) * 4)
    names = ["cut", "images", "a b/ü", "x.y"]
    for folder in (images, labels):
        (folder / "a b").mkdir()
        for number, name in enumerate(names):
            (folder / f"scene_{number}.tif").rename(folder / f"{name}.tif")
    pattern = "{}/**/*.tif"
    run(pattern.format(images), pattern.format(labels), codes, tmp_path / "out")
    run(pattern.format(images), pattern.format(labels), codes, tmp_path / "out")
    assert {line["scene"] for line in index(tmp_path / "out")} == set(names)


def test_blocks_share_no_pixel(prepare):
    _, folder, _ = prepare(((200, 200),), split="block", block=2, overlap=16)
    seen = np.zeros((3, 200, 200), bool)
    for line in index(folder):
        row, column = int(line["row"]), int(line["column"])
        split = ("train", "val", "test").index(line["split"])
        seen[split, row : row + 32, column : column + 32] = True
    assert seen.sum(axis=0).max() == 1
    assert seen.any(axis=(1, 2)).all()


def test_scenes_named_by_a_pattern_are_the_split(prepare):
    options = {"test": "scene_[13]", "fractions": (0.5, 0.5, 0)}
    _, folder, _ = prepare(**options)
    tested = {line["scene"] for line in index(folder) if line["split"] == "test"}
    assert tested == {"scene_1", "scene_3"}


def test_other_splits_are_dealt_without_cutting_again(
    prepare, codes, tree, monkeypatch
):
    _, folder, _ = prepare()
    before = tree(folder / "images")
    monkeypatch.setattr(patches.cutting, "run", None)
    run(
        folder.parent / "images", folder.parent / "labels", codes, folder, val="scene_2"
    )
    assert tree(folder / "images") == before
    assert {line["scene"] for line in index(folder) if line["split"] == "val"} == {
        "scene_2"
    }


def test_processes_change_nothing(country, codes, tmp_path, tree):
    images, labels, _ = country()
    for name, workers in [("one", 1), ("two", 2)]:
        run(images, labels, codes, tmp_path / name, workers=workers)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


KILLED = """
import os, signal, sys
from kerasseg import legend
from kerasseg.prepare import patches
from kerasseg.raster import plain

write, left = plain.write, int(sys.argv[5])

def write_or_die(*arguments, **options):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    write(*arguments, **options)

plain.write = write_or_die
patches.run(*sys.argv[1:5], size=32, workers=1)
"""


@pytest.mark.parametrize("write", [1, 18, 47])
def test_a_killed_job_goes_on_to_the_same_result(country, codes, tmp_path, tree, write):
    images, labels, _ = country()
    legend = tmp_path / "legend.json"
    legend.write_text(json.dumps(codes.to_dict()))
    places = [str(path) for path in (images, labels, legend, tmp_path / "out")]
    command = [sys.executable, "-c", KILLED, *places, str(write)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "patches.json").exists()
    finished = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "out" / "images").glob("scene_0*")
        if write > 12
    }
    run(images, labels, codes, tmp_path / "out")
    run(images, labels, codes, tmp_path / "whole")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())


def test_a_job_killed_at_its_very_start_can_be_run_again(country, codes, tmp_path):
    images, labels, _ = country()
    (tmp_path / "out" / ".scenes").mkdir(parents=True)
    run(images, labels, codes, tmp_path / "out")
    assert len(index(tmp_path / "out")) == 24


def test_a_scene_that_changed_is_cut_again(prepare, codes):
    _, folder, before = prepare()
    root = folder.parent
    paint(root / "labels" / "scene_1.tif", np.full((70, 100), 9, np.uint8))
    after = run(root / "images", root / "labels", codes, folder)
    part = {line["id"]: line for line in index(folder)}["scene_1_r0_c0"]
    assert int(part["wood"]) == 32 * 32
    assert after["fingerprint"] != before["fingerprint"]


def test_another_version_of_kerasseg_cuts_again(prepare, codes, monkeypatch):
    _, folder, _ = prepare()
    monkeypatch.setattr("kerasseg.prepare.record.__version__", "0.0.9")
    monkeypatch.setattr("kerasseg.prepare.cut.run", None)
    with pytest.raises(TypeError):
        run(folder.parent / "images", folder.parent / "labels", codes, folder)


def test_what_alpha_hides_is_ignored_as_nodata_is(country, codes, tmp_path):
    images, labels, _ = country(((64, 64),) * 2, "uint8", bands=3)
    for path in images.iterdir():
        about, pixels = raster.info(path), raster.read(path)
        alpha = np.full((64, 64), 255, np.uint8)
        alpha[:16] = 0
        form = {"driver": "GTiff", "dtype": "uint8", "count": 4, "photometric": "RGB"}
        size = {"height": 64, "width": 64, "crs": about.crs}
        place = {"transform": about.transform, "alpha": "YES"}
        with rasterio.open(path, "w", **form, **size, **place) as file:
            file.write(
                np.concatenate([pixels, alpha[..., None]], -1).transpose(2, 0, 1)
            )
    run = {"size": 64, "fractions": (0.5, 0.5, 0), "workers": 1}
    summary = patches.run(images, labels, codes, tmp_path / "out", **run)
    assert summary["splits"]["train"]["ignored"] == 16 * 64


def test_nodata_is_ignored_and_left_out_of_the_statistics(country, codes, tmp_path):
    images, labels, scenes = country(((32, 32),) * 3)
    for name, (image, _) in scenes.items():
        image[:8] = 65535
        like = raster.info(images / f"{name}.tif")
        with raster.Writer(
            images / f"{name}.tif", like, bands="ab", dtype="uint16", nodata=65535
        ) as file:
            file.write(image)
    summary = run(images, labels, codes, tmp_path / "out")
    sample = dataset.load("train", tmp_path / "out")[0]
    assert (sample["label"][:8] == IGNORE).all()
    assert (sample["image"][:8] == 0).all()
    assert max(summary["mean"]) < 999


def spoil_nan(images, labels):
    for path in images.iterdir():
        pixels = raster.read(path).astype(np.float32)
        pixels[40, 70] = np.nan if path.stem == "scene_2" else 1
        raster.write(path, pixels, raster.info(path))


def spoil_truncated(images, labels):
    path = images / "scene_2.tif"
    os.truncate(path, path.stat().st_size - 2000)


FAULTS = {
    "missing label": (
        lambda images, labels: (labels / "scene_1.tif").unlink(),
        r"scene_1.tif has no label",
    ),
    "size": (
        lambda _, labels: raster.write(
            labels / "scene_1.tif", np.zeros((70, 99), "u1")
        ),
        r"scene_1.tif is 70 x 99 pixels, but .*scene_1.tif is 70 x 100",
    ),
    "grid": (
        lambda _, labels: raster.write(
            labels / "scene_1.tif",
            np.zeros((70, 100), "u1"),
            raster.grid(70, 100, "EPSG:2180", 0, 0, 0.5),
        ),
        r"scene_1.tif lie on different grids",
    ),
    "bands": (
        lambda images, _: raster.write(
            images / "scene_1.tif", np.zeros((70, 100, 3), "u2")
        ),
        r"scene_1.tif has 3 bands of uint16, but .*scene_0.tif has 2",
    ),
    "type": (
        lambda images, _: raster.write(
            images / "scene_1.tif", np.zeros((70, 100, 2), "u1")
        ),
        r"scene_1.tif has 2 bands of uint8, but .*scene_0.tif has 2 of uint16",
    ),
    "value": (
        lambda _, labels: paint(labels / "scene_1.tif", np.full((70, 100), 8, "u1")),
        r"scene_1.tif: label value 8 is not in the legend",
    ),
    "nan": (spoil_nan, r"scene_2.tif: nan at row 40, column 70 is nothing measured"),
    "truncated": (spoil_truncated, r"scene_2.tif: .*(damaged|cut short).*download"),
    "only background": (
        lambda _, labels: [
            paint(p, np.zeros((70, 100), "u1")) for p in labels.iterdir()
        ],
        r"no patch to keep",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_line(country, codes, tmp_path, fault):
    spoil, line = FAULTS[fault]
    images, labels, _ = country()
    spoil(images, labels)
    with pytest.raises(ValueError, match=line) as caught:
        run(images, labels, codes, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "patches.json").exists()


def test_a_fault_in_a_process_is_told_as_well(country, codes, tmp_path):
    images, labels, _ = country()
    paint(labels / "scene_1.tif", np.full((70, 100), 8, np.uint8))
    with pytest.raises(LegendError, match=r"scene_1.tif: label value 8"):
        run(images, labels, codes, tmp_path / "out", workers=2)


def test_an_empty_split_is_told(country, codes, tmp_path):
    images, labels, _ = country(((70, 100),) * 2)
    with pytest.raises(ValueError, match="2 scenes cannot fill train and val and test"):
        run(images, labels, codes, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_few_blocks_are_told_before_anything_is_cut(country, codes, tmp_path):
    images, labels, _ = country(((128, 128),))
    with pytest.raises(ValueError, match="1 block cannot fill train and val and test"):
        run(images, labels, codes, tmp_path / "out", split="block")
    assert not (tmp_path / "out").exists()


def test_a_refused_job_may_be_corrected(country, codes, tmp_path, tree):
    images, labels, _ = country(((128, 128),))
    label = raster.read(labels / "scene_0.tif")
    label[:] = 0
    label[:64, :64] = 7
    paint(labels / "scene_0.tif", label)
    # Two by two blocks, of which one alone holds more than background.
    with pytest.raises(ValueError, match="1 units"):
        run(images, labels, codes, tmp_path / "out", split="block", block=2)
    assert len(list((tmp_path / "out" / "images").iterdir())) == 4
    wanted = {"split": "block", "block": 1, "keep": 0}
    run(images, labels, codes, tmp_path / "out", **wanted)
    run(images, labels, codes, tmp_path / "new", **wanted)
    assert tree(tmp_path / "out") == tree(tmp_path / "new")


def test_what_a_refused_job_has_cut_is_not_cut_again(
    country, codes, tmp_path, monkeypatch
):
    images, labels, _ = country(((70, 100),) * 3)
    options = {"test": "scene_0", "val": "scene_1", "train": "scene_2"}
    with pytest.raises(ValueError, match="empty"):
        run(images, labels, codes, tmp_path / "out", **options, buffer=1e6)
    monkeypatch.setattr("kerasseg.prepare.cut.run", None)
    summary = run(images, labels, codes, tmp_path / "out", **options)
    assert summary["splits"]["train"]["patches"] == 6


def test_a_refusal_does_not_give_up_finished_patches(prepare, codes, tree):
    _, folder, _ = prepare()
    root, before = folder.parent, tree(folder)
    images, labels = root / "images", root / "labels"
    with pytest.raises(ValueError, match="empty"):
        run(images, labels, codes, folder, buffer=1e6)
    with pytest.raises(FileExistsError, match="cut with another size"):
        run(images, labels, codes, folder, size=64)
    assert tree(folder) == before


def test_only_one_process_writes_into_a_folder_at_a_time(country, codes, tmp_path):
    images, labels, _ = country()

    def meanwhile(done, total):
        run(images, labels, codes, tmp_path / "out")

    with pytest.raises(ValueError, match="out is being written by another process"):
        run(images, labels, codes, tmp_path / "out", progress=meanwhile)


def test_a_folder_of_other_things_is_left_alone(country, codes, tmp_path):
    images, labels, _ = country()
    with pytest.raises(FileExistsError, match="images holds other files"):
        run(images, labels, codes, images)


def test_patches_cut_otherwise_are_left_alone(prepare, codes):
    _, folder, _ = prepare()
    root = folder.parent
    with pytest.raises(FileExistsError, match="cut with another size and overlap"):
        run(root / "images", root / "labels", codes, folder, size=64, overlap=8)
    with pytest.raises(FileExistsError, match=r"another choice of what is kept \(--ke"):
        run(root / "images", root / "labels", codes, folder, keep=0.5)


def test_an_unwritable_destination_is_told(country, codes, tmp_path):
    images, labels, _ = country()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file.* cannot be made: .* may write to"):
        run(images, labels, codes, tmp_path / "file" / "out")


FULL = """
import resource, sys
from kerasseg.prepare import patches
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    patches.run(*sys.argv[1:5], size=32, workers=1)
except OSError as error:
    sys.stdout.write(str(error))
"""


def test_a_full_disk_leaves_no_half_patch(country, codes, tmp_path):
    images, labels, _ = country()
    legend = tmp_path / "legend.json"
    legend.write_text(json.dumps(codes.to_dict()))
    places = [str(path) for path in (images, labels, legend, tmp_path / "out")]
    command = [sys.executable, "-c", FULL, *places]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert "Free some space" in done.stdout
    assert not list((tmp_path / "out" / "images").iterdir())
    run(images, labels, codes, tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"overlap": 32}, "overlap 32 of patches of 32 pixels"),
        ({"background": 3}, "background 3 is no class index. Give one from 0 to 2"),
        ({"bands": ["red"]}, "has 2 bands, but 1 names are given: red"),
        ({"split": "patch"}, "split 'patch'. Choose"),
        ({"test": "Tile 9"}, "pattern 'Tile 9' names no scene"),
    ],
)
def test_wrong_options_are_told(prepare, options, line):
    with pytest.raises(ValueError, match=line):
        prepare(**options)


def test_real_masks_of_three_modes_agree_with_their_indices(shared, codes, tmp_path):
    root = shared("data", "dubai_hitl")
    legend = Path(__file__).parents[2] / "recipes" / "legends" / "dubai.yaml"
    summary = patches.run(
        f"{root}/*/images/*.jpg",
        f"{root}/*/masks/*.png",
        legend,
        tmp_path / "out",
        background=None,
        test="Tile 4/*",
        fractions=(0.8, 0.2, 0),
        workers=1,
    )
    assert summary["splits"]["test"]["scenes"] == 9
    for line in index(tmp_path / "out"):
        tile, _, part = line["scene"].partition("/")
        window = raster.Window(int(line["row"]), int(line["column"]), 256, 256)
        codes = root / tile / "masks_index" / f"{part}.png"
        expected = raster.read_label(codes, window)
        expected[expected == 5] = IGNORE
        label = raster.read_label(tmp_path / "out" / "labels" / f"{line['id']}.tif")
        np.testing.assert_array_equal(label, expected)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_a_scene_ten_times_as_large_takes_no_more_memory(codes, tmp_path):
    (tmp_path / "legend.json").write_text(json.dumps(codes.to_dict()))
    strip = np.random.default_rng(0).integers(0, 9, (256, 1536, 4)).astype(np.uint8)
    peaks = []
    for height in (768, 7680):
        grid = raster.grid(height, 1536, "EPSG:2180", 0, 0, 1)
        image, label = (tmp_path / f"{name}{height}.tif" for name in "ab")
        with raster.Writer(image, grid, bands="abcd") as file:
            for row in range(0, height, 256):
                file.write(strip, raster.Window(row, 0, 256, 1536))
        raster.write(label, np.zeros((height, 1536), np.uint8), grid)
        places = [image, label, tmp_path / "legend.json", tmp_path / f"out{height}"]
        command = [sys.executable, "-c", PEAK, *map(str, places)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 12_000_000  # GDAL's cache; the image has 47 MB


# Not getrusage: a child's peak there begins at that of the process that started it.
PEAK = """
import os, sys
os.environ["GDAL_CACHEMAX"] = "8"  # MB; by default a twentieth of the memory
from kerasseg.prepare import patches

def memory(field):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))

before = memory("VmRSS")
patches.run(
    *sys.argv[1:5], size=256, workers=1, split="random", background=None, keep=0.0
)
sys.stdout.write(str((memory("VmHWM") - before) * 1024))
"""
