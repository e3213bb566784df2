import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform as project

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.doctor.labels import decoded
from kerasseg.doctor.look import look
from kerasseg.legend import LegendError
from kerasseg.prepare import align
from kerasseg.prepare.align import grids, job
from kerasseg.prepare.labels import Decoder

pytestmark = pytest.mark.once


def write(path, pixels, west=0.0, north=0.0, pixel=1.0, crs="EPSG:32612", **options):
    grid = raster.grid(*pixels.shape[:2], crs, 5e5 + west, 4e6 + north, pixel)
    bands = [f"b{i}" for i in range(1 if pixels.ndim == 2 else pixels.shape[2])]
    with raster.Writer(
        path, grid, bands=bands, dtype=str(pixels.dtype), **options
    ) as file:
        file.write(pixels)
    return path


def test_a_coarser_label_is_repeated(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((4, 6), np.uint8))
    coarse = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    label = write(tmp_path / "l.tif", coarse, pixel=2.0)
    align.label(label, image, tmp_path / "out.tif")
    aligned = raster.read_label(tmp_path / "out.tif")
    np.testing.assert_array_equal(aligned, np.kron(coarse, np.ones((2, 2), np.uint8)))
    assert raster.info(tmp_path / "out.tif").has_grid_of(raster.info(image))


def voted(label, like, *, weigh=None, scale=None, covered=0.5, nothing=255):
    """Elect the class of each pixel, one label pixel after another: the oracle."""
    labels = raster.read_label(label).astype(int)
    here, there = raster.info(like), raster.info(label)
    rows, columns = np.indices(labels.shape) + 0.5
    x, y = there.transform @ (columns.ravel(), rows.ravel())
    if here.crs != there.crs:
        x, y = map(np.array, project(there.crs, here.crs, x, y))
    columns, rows = np.round(~here.transform @ (x, y), 6)
    inside = (rows >= 0) & (rows < here.height)
    inside &= (columns >= 0) & (columns < here.width)
    places = np.floor(rows)[inside].astype(int), np.floor(columns)[inside].astype(int)
    votes, counts = np.zeros((2, 256, here.height, here.width))
    kinds = labels.ravel()[inside]
    weights = np.ones(len(kinds))
    if weigh is not None:
        off = [weigh(p[inside] - np.floor(p[inside]) - 0.5) for p in (rows, columns)]
        weights = off[0] * off[1]
    np.add.at(counts, (kinds, *places), 1)
    np.add.at(votes, (kinds, *places), weights)
    if scale is not None:
        votes *= scale[:, None, None]
    total, known = counts.sum(axis=0), counts.sum(axis=0) - counts[nothing]
    votes[nothing] = 0
    chosen = votes.argmax(axis=0)
    won = np.take_along_axis(counts, chosen[None], 0)[0]
    empty = (known == 0) | (known < covered * total)
    share = np.where(empty, nothing, np.rint(100 * won / np.maximum(total, 1)))
    return np.where(empty, nothing, chosen), share, total


@pytest.fixture
def scene(tmp_path):
    """Write an image and random labels of another grid; returns the two files."""

    def make(ratio=3.0, west=0.0, crs="EPSG:32612", dtype="uint8", seed=0):
        rng = np.random.default_rng(seed)
        image = write(tmp_path / "i.tif", np.zeros((13, 17), np.uint8), pixel=3.0)
        side = int(np.ceil(17 * ratio))
        labels = rng.choice(
            [1, 2, 3, 7, 255], (side, side), p=[0.3, 0.3, 0.1, 0.1, 0.2]
        )
        where = {"west": west, "north": 2.0 * west, "pixel": 3.0 / ratio, "crs": crs}
        labels = labels.astype(dtype)
        return image, write(tmp_path / "l.tif", labels, nodata=255, **where)

    return make


@pytest.mark.parametrize(
    ("ratio", "west"), [(3.0, 0.0), (10.0, 0.0), (3.0, 0.6), (3.7, -1.3), (1.4, 0.2)]
)
@pytest.mark.parametrize("method", ["majority", "centred"])
def test_pixels_elect_what_the_definition_says(scene, tmp_path, ratio, west, method):
    image, label = scene(ratio, west)
    align.label(label, image, tmp_path / "out.tif", method=method, share=True)
    weigh = grids.weight if method == "centred" else None
    expected, share, total = voted(label, image, weigh=weigh)
    found = raster.read(tmp_path / "out.tif")
    assert (total > 0).mean() > 0.5
    np.testing.assert_array_equal(found[..., 0][total > 0], expected[total > 0])
    np.testing.assert_array_equal(found[..., 1][total > 0], share[total > 0])
    assert raster.info(tmp_path / "out.tif").bands == ("label", "share")


def test_nearness_to_the_centre_decides(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((1, 1), np.uint8), pixel=3.0)
    cross = np.array([[1, 2, 1], [2, 2, 1], [1, 2, 1]], np.uint8)
    label = write(tmp_path / "l.tif", cross)
    for method, wins in (("majority", 1), ("centred", 2)):
        align.label(label, image, tmp_path / "out.tif", method=method)
        assert raster.read_label(tmp_path / "out.tif").item() == wins


def test_rare_classes_count_more(scene, tmp_path):
    image, label = scene(10.0)
    out = tmp_path / "out.tif"
    align.label(label, image, out, method="rarity")
    counts = np.bincount(raster.read_label(label).ravel(), minlength=256)
    counts[255] = 0
    scale = np.sqrt(counts.sum() / np.maximum(counts, 1))
    expected, _, total = voted(label, image, scale=scale)
    found = raster.read_label(out)
    np.testing.assert_array_equal(found[total > 0], expected[total > 0])
    align.label(label, image, out, method="rarity", weights={7: 1e6})
    assert (raster.read_label(out) == 7).mean() > 0.9


def test_labels_of_the_whole_world_come_onto_an_image(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((4, 4), np.uint8), pixel=3e4)
    world = raster.grid(1800, 3600, "EPSG:4326", -180, 90, 0.1)
    west = np.arange(3600) / 10 - 180  # The image is at 111 to 109.6 degrees west.
    values = np.where((west >= -111.05) & (west < -109), 7, 1).astype(np.uint8)
    with raster.Writer(tmp_path / "l.tif", world, bands=["label"]) as file:
        file.write(np.tile(values, (1800, 1)))
    align.label(tmp_path / "l.tif", image, tmp_path / "out.tif")
    assert (raster.read_label(tmp_path / "out.tif") == 7).all()


def test_unlabelled_pixels_have_no_vote_but_can_be_too_many(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((1, 2), np.uint8), pixel=2.0)
    labels = np.array([[255, 255, 255, 4], [4, 255, 4, 255]], np.uint8)
    label = write(tmp_path / "l.tif", labels, nodata=255)
    out = tmp_path / "out.tif"
    for covered, expected in ((0.5, [255, 4]), (0.2, [4, 4]), (0.6, [255, 255])):
        align.label(label, image, out, method="majority", covered=covered)
        assert raster.read_label(out)[0].tolist() == expected


@pytest.mark.parametrize("method", ["nearest", "majority"])
@pytest.mark.parametrize("flip", [(slice(None, None, -1), slice(None)), None])
def test_a_raster_that_runs_the_other_way_aligns_alike(scene, tmp_path, method, flip):
    image, label = scene(3.7, -1.3)
    align.label(label, image, tmp_path / "out.tif", method=method)
    expected = raster.read_label(tmp_path / "out.tif")
    about, pixels = raster.info(label), raster.read(label)
    down = rasterio.Affine(1, 0, 0, 0, -1, about.height)
    turn = rasterio.Affine(0, 1, 0, -1, 0, about.height)  # rows become columns
    turned = (pixels[::-1], down) if flip else (np.rot90(pixels, -1), turn)
    like = replace(about, transform=about.transform @ turned[1], nodata=255)
    raster.write(tmp_path / "turned.tif", np.ascontiguousarray(turned[0]), like)
    align.label(tmp_path / "turned.tif", image, tmp_path / "out.tif", method=method)
    np.testing.assert_array_equal(raster.read_label(tmp_path / "out.tif"), expected)


@pytest.mark.parametrize("method", ["majority", "centred"])
def test_labels_of_another_system_are_counted_where_their_centres_lie(tmp_path, method):
    rng = np.random.default_rng(0)
    image = write(tmp_path / "i.tif", np.zeros((40, 40), np.uint8), pixel=30.0)
    labels = rng.choice([1, 2, 3], (700, 600)).astype(np.uint8)
    grid = raster.grid(700, 600, "EPSG:4326", -111.001, 36.145, 2.5e-5)
    raster.write(tmp_path / "l.tif", labels, replace(grid, nodata=255))
    align.label(tmp_path / "l.tif", image, tmp_path / "out.tif", method=method)
    weigh = grids.weight if method == "centred" else None
    expected, _, total = voted(tmp_path / "l.tif", image, weigh=weigh)
    found = raster.read_label(tmp_path / "out.tif")
    assert (total > 0).mean() > 0.7
    # A centre within a thousandth of a pixel of a border may fall on either side.
    assert (found == expected)[total > 0].mean() > 0.998
    np.testing.assert_array_equal(found[total == 0], 255)


LEGEND = legends.from_dict(
    {
        "classes": [
            {"name": "low", "color": "#DCD6B4", "codes": [1, 3]},
            {"name": "high", "color": "#D7301F", "code": 2},
        ],
        "ignored": [{"name": "unknown", "color": "#9B9B9B", "code": 0}],
    }
)


def test_a_legend_merges_classes_before_they_are_counted(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((1, 1), np.uint8), pixel=3.0)
    labels = np.array([[1, 1, 1], [2, 2, 2], [2, 3, 3]], np.uint8)
    label = write(tmp_path / "l.tif", labels)
    out = tmp_path / "out.tif"
    align.label(label, image, out, method="majority")
    assert raster.read_label(out).item() == 2
    summary = align.label(label, image, out, method="majority", legend=LEGEND)
    assert raster.read_label(out).item() == 1
    about = raster.info(out)
    assert about.nodata == 0
    assert about.palette[1] == (0xDC, 0xD6, 0xB4)
    assert summary == {
        "labelled": 1,
        "unlabelled": 0,
        "classes": {"low": 1},
        "unknown": {},
    }


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_unknown_values_are_told_or_ignored_but_never_clipped(scene, tmp_path, dtype):
    image, label = scene(3.0, dtype=dtype)
    out = tmp_path / "out.tif"
    with pytest.raises(LegendError, match=r"l.tif: label value 7 is not in the legend"):
        align.label(label, image, out, method="majority", legend=LEGEND)
    assert not out.exists()
    options = {"legend": LEGEND, "unknown": "ignore", "method": "majority"}
    summary = align.label(label, image, out, covered=0.0, **options)
    cut = raster.read_label(label)[: 13 * 3, : 17 * 3]
    assert summary["unknown"] == {7: (cut == 7).sum()}
    assert set(np.unique(raster.read_label(out)).tolist()) <= {0, 1, 2}


def test_a_value_that_means_two_things_is_refused(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 2), np.uint8))
    label = write(tmp_path / "l.tif", np.full((2, 2), 255, np.uint8))
    with pytest.raises(LegendError, match="value 255 is a label there"):
        align.label(label, image, tmp_path / "out.tif")
    align.label(label, image, tmp_path / "out.tif", nodata=300)
    np.testing.assert_array_equal(raster.read_label(tmp_path / "out.tif"), 255)
    with pytest.raises(LegendError, match="value 2 stands for a class and for unlab"):
        align.label(label, image, tmp_path / "out.tif", nodata=2, legend=LEGEND)


NO_VOID = replace(LEGEND, ignored=())


@pytest.mark.parametrize("nodata", [None, 300, -1])
def test_the_same_legend_reads_what_was_aligned_with_it(tmp_path, nodata):
    image = write(tmp_path / "i.tif", np.zeros((2, 3), np.uint8))
    label = write(tmp_path / "l.tif", np.array([[1, 2], [2, 9]], np.uint8), nodata=9)
    out = tmp_path / "out.tif"
    align.label(label, image, out, legend=NO_VOID, nodata=nodata)
    with raster.open_stack(out) as stack:
        found = Decoder(stack, NO_VOID).read()
    np.testing.assert_array_equal(found, [[0, 1, 255], [1, 255, 255]])
    if nodata is None:
        counts, unknown = decoded(look(out, "label"), NO_VOID)
        assert (counts[0], counts[1], counts[255], unknown) == (1, 2, 3, [])


def test_a_percentage_is_no_value_of_unlabelled_pixels(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 2), np.uint8))
    label = write(tmp_path / "l.tif", np.full((2, 2), 7, np.uint8))
    with pytest.raises(ValueError, match="nodata 100 is a percentage too"):
        align.label(label, image, tmp_path / "out.tif", nodata=100, share=True)
    label = write(tmp_path / "void.tif", np.full((2, 2), 7, np.uint8), nodata=19)
    align.label(label, image, tmp_path / "out.tif", share=True)
    assert raster.info(tmp_path / "out.tif").nodata == 255


KILLED = """
import os, signal, sys
from kerasseg.prepare import align
from kerasseg.prepare.align import job
job.ROWS = 64
def progress(done, total):
    if done == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
align.label(*sys.argv[1:4], method="majority", workers=1, progress=progress)
"""


def test_a_killed_job_goes_on_and_ends_alike(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 9, (900, 600)).astype(np.uint8)
    image = write(tmp_path / "i.tif", np.zeros((300, 200), np.uint8), pixel=3.0)
    label, out = write(tmp_path / "l.tif", labels), tmp_path / "out.tif"
    monkeypatch.setattr(job, "ROWS", 64)
    options = {"method": "majority", "workers": 1}
    align.label(label, image, tmp_path / "whole.tif", **options)
    ended = subprocess.run([sys.executable, "-c", KILLED, label, image, out, "3"])
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    asked = []
    align.label(label, image, out, **options, progress=lambda *at: asked.append(at))
    assert asked == [(3, 5), (4, 5), (5, 5)]
    pixels = raster.read(tmp_path / "whole.tif")
    np.testing.assert_array_equal(raster.read(out), pixels)
    assert sorted(os.listdir(tmp_path)) == ["i.tif", "l.tif", "out.tif", "whole.tif"]


def test_another_version_of_kerasseg_begins_anew(scene, tmp_path, monkeypatch):
    image, label = scene()
    with monkeypatch.context() as killed:
        killed.setattr(align, "_assemble", None)
        with pytest.raises(TypeError):
            align.label(label, image, tmp_path / "out.tif", workers=1)
    monkeypatch.setattr(job, "__version__", "0.0.9")
    asked = []
    align.label(
        label, image, tmp_path / "out.tif", progress=lambda *at: asked.append(at)
    )
    assert asked[0][0] == 0


def test_only_one_process_writes_a_raster_at_a_time(scene, tmp_path):
    image, label = scene()

    def meanwhile(done, total):
        align.label(label, image, tmp_path / "out.tif", workers=1)

    with pytest.raises(ValueError, match=r"out.tif is being written by another proc"):
        align.label(label, image, tmp_path / "out.tif", workers=1, progress=meanwhile)


@pytest.mark.parametrize("budget", [1, 5000])
def test_windows_change_nothing(scene, tmp_path, monkeypatch, budget):
    image, label = scene(3.7, -1.3)
    align.label(label, image, tmp_path / "whole.tif", method="centred")
    monkeypatch.setattr(job, "BUDGET", budget)
    monkeypatch.setattr(job, "ROWS", 4)
    align.label(label, image, tmp_path / "out.tif", method="centred")
    pixels = raster.read(tmp_path / "whole.tif")
    np.testing.assert_array_equal(raster.read(tmp_path / "out.tif"), pixels)


def test_a_finer_label_gives_the_most_frequent_value(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((1, 2), np.uint8), pixel=3.0)
    fine = np.array([[1, 1, 1, 7, 7, 9], [1, 5, 1, 9, 5, 7], [1, 1, 5, 7, 7, 7]], "u1")
    label = write(tmp_path / "l.tif", fine)
    align.label(label, image, tmp_path / "out.tif", method="majority")
    np.testing.assert_array_equal(raster.read_label(tmp_path / "out.tif"), [[1, 7]])


def test_what_the_label_does_not_cover_is_nodata(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 4), np.uint8))
    label = write(tmp_path / "l.tif", np.full((2, 2), 3, np.uint8), west=1.0)
    align.label(label, image, tmp_path / "out.tif")
    np.testing.assert_array_equal(
        raster.read_label(tmp_path / "out.tif"), [[255, 3, 3, 255]] * 2
    )
    assert raster.info(tmp_path / "out.tif").nodata == 255


def test_a_raster_that_lies_nowhere_is_told(tmp_path):
    image = write(tmp_path / "i.tif", np.zeros((2, 4), np.uint8))
    raster.write(tmp_path / "l.tif", np.zeros((2, 4), np.uint8))
    with pytest.raises(raster.RasterError, match=r"l.tif: no coordinate reference"):
        align.label(tmp_path / "l.tif", image, tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


def test_real_labels_of_10_m_come_onto_an_image_of_20_m(shared, tmp_path):
    root = shared("data", "worldcereal_flanders_2019", "geotiff")
    image, label = root / "S2_20190511_20m.tif", root / "labels_index_10m.tif"
    align.label(label, image, tmp_path / "out.tif", method="majority", share=True)
    expected, share, total = voted(label, image)
    assert (total == 4).all()
    found = raster.read(tmp_path / "out.tif")
    np.testing.assert_array_equal(found[..., 0], expected)
    np.testing.assert_array_equal(found[..., 1], share)
    assert set(np.unique(found[..., 1]).tolist()) <= {25, 50, 75, 100, 255}


def test_land_cover_of_another_grid_comes_onto_a_real_image(shared, tmp_path):
    root = shared("data", "zion_landsat8_nlcd2011")
    files = [root / f"landsat_b{number}.tif" for number in (2, 3, 4, 5)]
    align.label(root / "nlcd.tif", files, tmp_path / "label.tif")
    align.bands(files, tmp_path / "image.tif")
    image, label = (
        raster.info(tmp_path / "image.tif"),
        raster.info(tmp_path / "label.tif"),
    )
    assert image.bands == ("landsat_b2", "landsat_b3", "landsat_b4", "landsat_b5")
    assert label.has_grid_of(image)
    codes = np.unique(raster.read_label(tmp_path / "label.tif"))
    assert set(codes.tolist()) <= {*range(1, 9), 255}
