"""A scene of any size becomes a map, equal to computing it all at once."""

import itertools
import threading
import warnings
from dataclasses import replace

import cv2
import keras
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp

from kerasseg import artifact, backend, legend, predict, raster
from kerasseg.predict import classifying, mapping, opening
from kerasseg.predict.blending import Axis

BANDS = ("red", "green", "nir")
LEGEND = legend.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#C0C000", "code": 1},
            {"name": "wood", "color": "#006000", "code": 2},
            {"name": "water", "color": "#0000C0", "code": 3},
            {"name": "road", "color": "#808080", "code": 4},
        ]
    }
)
KERNEL = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
SHARES = predict.Outputs(probabilities="float32")
MEAN, STD = np.array([90.0, 100, 110]), np.array([40.0, 50, 60])


@pytest.fixture(scope="module")
def pixelwise():
    """A model that looks at each pixel alone, so that windows cannot matter."""
    image = keras.Input((None, None, 3), name="image")
    classify = keras.layers.Conv2D(4, 1, use_bias=False)
    network = keras.Model({"image": image}, classify(image))
    classify.set_weights([KERNEL[None, None]])
    return artifact.assemble(network, BANDS, MEAN, STD, LEGEND)


@pytest.fixture(scope="module")
def farsighted():
    """A model whose answer depends on the surroundings."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3), name="image")
    smooth = keras.layers.Conv2D(8, 9, padding="same", activation="relu")(image)
    network = keras.Model(
        {"image": image}, keras.layers.Conv2D(4, 9, padding="same")(smooth)
    )
    return artifact.assemble(network, BANDS, MEAN, STD, LEGEND)


@pytest.fixture
def write_scene(tmp_path):
    """Return a function that writes pixels `(H, W, C)` as a GeoTIFF."""

    def write(pixels, name="scene.tif", bands=BANDS, **profile):
        path = tmp_path / name
        height, width, count = pixels.shape
        profile = {"height": height, "width": width, "count": count, **profile}
        place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)
        with rasterio.open(
            path, "w", "GTiff", crs="EPSG:32633", transform=place,
            dtype=pixels.dtype, **profile,
        ) as file:  # fmt: skip
            file.write(np.moveaxis(pixels, -1, 0))
            file.descriptions = bands or (None,) * count
        return path

    return write


def _pixels(height, width, dtype="uint8", seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (height, width, 3)).astype(dtype)


def _directly(pixels):
    """Work out the probabilities of `pixelwise` in NumPy."""
    logits = ((pixels - MEAN) / STD) @ KERNEL
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def _read(path):
    with rasterio.open(path) as file:
        return np.moveaxis(file.read(), 0, -1)


def _settled(shares):
    """Where the first class leads clearly: rounding cannot decide there."""
    best = np.sort(shares, axis=-1)
    return best[..., -1] - best[..., -2] > 1e-4


SIZES = [(1, 1), (1, 70), (45, 1), (20, 33), (64, 64), (65, 64), (150, 207)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("overlap", [0, 32])
def test_a_pixelwise_model_gives_the_same_map_as_computing_it_at_once(
    pixelwise, write_scene, tmp_path, size, overlap
):
    pixels = _pixels(*size)
    summary = predict.scene(
        pixelwise, write_scene(pixels), tmp_path / "map.tif",
        window=64, overlap=overlap, batch_size=3, outputs=SHARES,
    )  # fmt: skip
    expected = _directly(pixels)
    shares = _read(summary.beside["probabilities"])
    np.testing.assert_allclose(shares, expected, atol=2e-5)
    label, settled = _read(summary.map)[..., 0], _settled(expected)
    assert settled.mean() > 0.9
    np.testing.assert_array_equal(label[settled], expected.argmax(axis=-1)[settled])
    assert sum(summary.pixels) == label.size


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_every_stored_type_is_mapped(pixelwise, write_scene, tmp_path, dtype):
    pixels = _pixels(40, 50, dtype)
    summary = predict.scene(
        pixelwise, write_scene(pixels), tmp_path / "map.tif", window=32
    )
    expected = _directly(pixels)
    settled = _settled(expected)
    np.testing.assert_array_equal(
        _read(summary.map)[settled, 0], expected.argmax(axis=-1)[settled]
    )


def test_overlap_softens_the_seams(farsighted, write_scene, tmp_path):
    pixels = _pixels(160, 160)
    scene = write_scene(pixels)
    batch = {"image": pixels[None]}
    logits = farsighted.predict_on_batch(batch)[0]
    whole = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    worst = {}
    for overlap in (0, 32):
        summary = predict.scene(
            farsighted, scene, tmp_path / f"map{overlap}.tif",
            window=64, overlap=overlap, outputs=SHARES,
        )  # fmt: skip
        worst[overlap] = np.abs(_read(summary.beside["probabilities"]) - whole).max()
    assert worst[32] < worst[0] / 2


def test_the_map_is_the_same_however_windows_are_batched(
    farsighted, write_scene, tmp_path
):
    scene = write_scene(_pixels(100, 130))
    maps = []
    for batch_size in (1, 1, 4, 7):
        summary = predict.scene(
            farsighted, scene, tmp_path / "map.tif",
            window=64, batch_size=batch_size, outputs=SHARES,
        )  # fmt: skip
        maps.append(_read(summary.beside["probabilities"]))
    np.testing.assert_array_equal(maps[0], maps[1])
    for other in maps[2:]:
        np.testing.assert_allclose(maps[0], other, atol=1e-5)


def test_the_map_is_a_proper_geotiff(pixelwise, write_scene, tmp_path):
    scene = write_scene(_pixels(70, 300))
    predict.scene(pixelwise, scene, tmp_path / "new" / "map.tif", window=64)
    with (
        rasterio.open(tmp_path / "new" / "map.tif") as file,
        rasterio.open(scene) as own,
    ):
        assert (file.crs, file.transform) == (own.crs, own.transform)
        assert (file.shape, file.count, file.dtypes) == ((70, 300), 1, ("uint8",))
        assert file.nodata == legend.IGNORE
        assert file.block_shapes == [(512, 512)]
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.compression is not None
        assert file.colorinterp == (ColorInterp.palette,)
        colors = file.colormap(1)
        assert [colors[i][:3] for i in range(4)] == [
            entry.color for entry in LEGEND.classes
        ]
        assert [file.tags(1)[f"CLASS_{i}"] for i in range(4)] == list(LEGEND.names)


def test_pixels_without_data_stay_so_and_do_not_disturb_the_others(
    farsighted, write_scene, tmp_path
):
    pixels = _pixels(100, 140, "int16")
    pixels[:70, :50] = -9999
    pixels[90, 100, 1] = -9999
    filled = np.where(pixels == -9999, MEAN.astype("int16"), pixels)
    shares = []
    for name, scene in (
        ("holes", write_scene(pixels, "holes.tif", nodata=-9999)),
        ("whole", write_scene(filled, "whole.tif")),
    ):
        summary = predict.scene(
            farsighted, scene, tmp_path / f"{name}_map.tif",
            window=32, batch_size=2, outputs=SHARES,
        )  # fmt: skip
        shares.append(_read(summary.beside["probabilities"]))
    empty = np.zeros((100, 140), bool)
    empty[:70, :50] = True
    label = _read(tmp_path / "holes_map.tif")[..., 0]
    np.testing.assert_array_equal(label == legend.IGNORE, empty)
    np.testing.assert_array_equal(np.isnan(shares[0]).all(axis=-1), empty)
    far = ~empty
    far[80:, 90:111] = False  # One band is missing here: the pixel is still mapped.
    np.testing.assert_allclose(shares[0][far], shares[1][far], atol=1e-5)


def test_nan_holds_no_data_and_does_not_spread(farsighted, write_scene, tmp_path):
    pixels = _pixels(60, 60, "float32")
    pixels[10:20, 10:20] = np.nan
    pixels[40, 40, 0] = np.inf
    summary = predict.scene(
        farsighted, write_scene(pixels), tmp_path / "map.tif",
        window=32, outputs=SHARES,
    )  # fmt: skip
    empty = np.isnan(pixels).all(axis=-1)
    np.testing.assert_array_equal(_read(summary.map)[..., 0] == legend.IGNORE, empty)
    assert np.isfinite(_read(summary.beside["probabilities"])[~empty]).all()
    assert summary.pixels[-1] == 100


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_number_of_a_type_holds_no_data_and_does_not_spread(
    farsighted, write_scene, tmp_path, dtype
):
    pixels = _pixels(60, 70, dtype)
    pixels[10:20, 10:20] = np.nan
    predict.scene(farsighted, write_scene(pixels), tmp_path / "nan.tif", window=64)
    pixels[10:20, 10:20] = np.finfo(dtype).min
    predict.scene(farsighted, write_scene(pixels), tmp_path / "map.tif", window=64)
    mapped = raster.read_label(tmp_path / "map.tif")
    np.testing.assert_array_equal(mapped, raster.read_label(tmp_path / "nan.tif"))


def test_a_mask_or_alpha_band_is_heeded(pixelwise, write_scene, tmp_path):
    pixels = np.concatenate(
        [_pixels(40, 40), np.full((40, 40, 1), 255, np.uint8)], axis=-1
    )
    pixels[5:9, :, 3] = 0
    scene = write_scene(pixels, bands=(*BANDS, None), photometric="RGB", alpha="YES")
    summary = predict.scene(pixelwise, scene, tmp_path / "map.tif", window=64)
    empty = np.zeros((40, 40), bool)
    empty[5:9] = True
    np.testing.assert_array_equal(_read(summary.map)[..., 0] == legend.IGNORE, empty)


def test_a_scene_without_any_data_gives_a_map_without_any(
    pixelwise, write_scene, tmp_path
):
    scene = write_scene(np.zeros((600, 40, 3), np.uint8), nodata=0)
    calls = []
    summary = predict.scene(
        pixelwise, scene, tmp_path / "map.tif", window=64,
        progress=lambda *state: calls.append(state),
    )  # fmt: skip
    assert np.all(_read(summary.map) == legend.IGNORE)
    assert calls == [(summary.windows, summary.windows)]


def test_bands_are_found_by_name(pixelwise, write_scene, tmp_path):
    pixels = _pixels(40, 40)
    mixed = np.stack(
        [pixels[..., 2], np.zeros((40, 40), np.uint8), pixels[..., 0], pixels[..., 1]],
        axis=-1,
    )
    plain = predict.scene(pixelwise, write_scene(pixels), tmp_path / "plain.tif")
    names = ("NIR", "swir", "red", "Green")
    # Left to itself, GDAL takes the last of four bands of bytes for alpha.
    scene = write_scene(mixed, "mixed.tif", names, photometric="MINISBLACK")
    found = predict.scene(pixelwise, scene, tmp_path / "found.tif")
    np.testing.assert_array_equal(_read(plain.map), _read(found.map))


def test_bands_without_names_are_taken_in_order(pixelwise, write_scene, tmp_path):
    pixels = _pixels(40, 40)
    plain = predict.scene(pixelwise, write_scene(pixels), tmp_path / "plain.tif")
    scene = write_scene(pixels, "unnamed.tif", bands=None, photometric="MINISBLACK")
    found = predict.scene(pixelwise, scene, tmp_path / "found.tif")
    np.testing.assert_array_equal(_read(plain.map), _read(found.map))


def test_files_of_one_band_are_put_together(pixelwise, write_scene, tmp_path):
    pixels = _pixels(40, 40)
    plain = predict.scene(pixelwise, write_scene(pixels), tmp_path / "plain.tif")
    files = [
        write_scene(pixels[..., i : i + 1], f"{name}.tif", bands=None)
        for i, name in reversed(list(enumerate(BANDS)))
    ]
    found = predict.scene(pixelwise, files, tmp_path / "found.tif")
    np.testing.assert_array_equal(_read(plain.map), _read(found.map))


@pytest.mark.parametrize("bands", [("red", "green", "swir"), None])
def test_missing_bands_are_named(pixelwise, write_scene, tmp_path, bands):
    pixels = _pixels(10, 10)[..., : 3 if bands else 2]
    scene = write_scene(pixels, bands=bands)
    with pytest.raises(ValueError, match=r"reads 3 \(red, green, nir\)") as error:
        predict.scene(pixelwise, scene, tmp_path / "map.tif")
    assert "scene.tif" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "map.tif").exists()


def test_bands_of_one_name_are_not_chosen_among(pixelwise, write_scene, tmp_path):
    pixels = np.concatenate([_pixels(9, 9), _pixels(9, 9)[..., :1]], axis=-1)
    scene = write_scene(pixels, bands=(*BANDS, "Red"))
    with pytest.raises(ValueError, match=r"scene\.tif: 2 of its bands are called red"):
        predict.scene(pixelwise, scene, tmp_path / "map.tif")


@pytest.mark.parametrize("overlap", [-1, 33])
def test_windows_share_at_most_half(pixelwise, write_scene, tmp_path, overlap):
    with pytest.raises(ValueError, match="from 0 to 32 pixels"):
        predict.scene(
            pixelwise, write_scene(_pixels(9, 9)), tmp_path / "map.tif",
            window=64, overlap=overlap,
        )  # fmt: skip


def test_a_scene_is_not_written_over(pixelwise, write_scene):
    scene = write_scene(_pixels(9, 9))
    with pytest.raises(ValueError, match="is the scene itself"):
        predict.scene(pixelwise, scene, scene)


def test_a_missing_scene_is_said(pixelwise, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.tif"):
        predict.scene(pixelwise, tmp_path / "no.tif", tmp_path / "map.tif")


def test_a_damaged_scene_leaves_nothing_behind(pixelwise, write_scene, tmp_path):
    scene = write_scene(_pixels(400, 200), compress="deflate")
    content = scene.read_bytes()
    scene.write_bytes(content[: len(content) // 2])
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match=r"scene\.tif"):
        predict.scene(
            pixelwise, scene, tmp_path / "out" / "map.tif",
            window=64, outputs=SHARES,
        )  # fmt: skip
    assert list((tmp_path / "out").glob("*")) == []
    assert set(threading.enumerate()) <= before


def test_progress_counts_up_to_all_windows(pixelwise, write_scene, tmp_path):
    calls = []
    summary = predict.scene(
        pixelwise, write_scene(_pixels(100, 100)), tmp_path / "map.tif",
        window=32, overlap=8, batch_size=2, progress=lambda *state: calls.append(state),
    )  # fmt: skip
    assert summary.windows == 16
    assert all(total == 16 for _, total in calls)
    assert all(a <= b for (a, _), (b, _) in itertools.pairwise(calls))
    assert calls[-1] == (16, 16)


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut scenes into blocks of a few windows, as large scenes are."""
    monkeypatch.setattr(mapping, "SIDE", 130)


def test_blocks_leave_no_trace_in_the_map(
    farsighted, write_scene, tmp_path, monkeypatch
):
    scene = write_scene(_pixels(300, 333))
    shares = []
    for side in (1000, 130):
        monkeypatch.setattr(mapping, "SIDE", side)
        summary = predict.scene(
            farsighted, scene, tmp_path / f"map{side}.tif",
            window=64, batch_size=3, outputs=SHARES,
        )  # fmt: skip
        shares.append(_read(summary.beside["probabilities"]))
    np.testing.assert_allclose(*shares, atol=1e-5)


def test_a_large_scene_is_read_and_held_a_few_windows_at_a_time(
    pixelwise, write_scene, tmp_path, monkeypatch, small_blocks
):
    seen = []
    read = raster.Stack.read

    def watched(self, window=None, bands=None):
        if self.info.path.name == "scene.tif":
            seen.append((window.height, window.width))
        return read(self, window, bands)

    monkeypatch.setattr(raster.Stack, "read", watched)
    tiles = {"tiled": True, "blockxsize": 128, "blockysize": 128}
    scene = write_scene(_pixels(600, 700), **tiles)
    predict.scene(pixelwise, scene, tmp_path / "map.tif", window=64, overlap=16)
    assert max(height for height, _ in seen) <= 64
    assert max(width for _, width in seen) <= 130 + 16
    looked = 9 * 64 * 64  # before the first window, at the values
    assert sum(height * width for height, width in seen) < 1.5 * 600 * 700 + looked


def test_rows_stored_together_are_read_in_wide_blocks(
    pixelwise, write_scene, tmp_path, monkeypatch, small_blocks
):
    seen, read = [], raster.Stack.read

    def watched(self, window=None, bands=None):
        if self.info.path.stem in ("tiled", "striped"):
            seen.append(window.width)
        return read(self, window, bands)

    monkeypatch.setattr(raster.Stack, "read", watched)
    pixels, maps, widths = _pixels(200, 600), [], []
    for name in ("tiled", "striped"):
        tiles = {"blockxsize": 128, "blockysize": 128} if name == "tiled" else {}
        scene = write_scene(pixels, f"{name}.tif", tiled=name == "tiled", **tiles)
        summary = predict.scene(
            pixelwise, scene, tmp_path / f"{name}_map.tif", window=64, outputs=SHARES
        )
        maps.append(_read(summary.beside["probabilities"]))
        widths.append(max(seen))
        seen.clear()
    assert widths[1] > 1.5 * widths[0]
    np.testing.assert_allclose(*maps, atol=1e-5)


def _seams(summary, axis_length, window, overlap):
    """Compare steps of probability across the edges of windows with those elsewhere."""
    shares = _read(summary.beside["probabilities"])
    steps = np.abs(np.diff(shares, axis=1)).mean(axis=(0, 2))
    starts = Axis(axis_length, window, overlap).starts
    edges = {e - 1 for s in starts for e in (s, s + window) if 0 < e < axis_length}
    edges = sorted(edges)
    inside = np.setdiff1d(np.arange(window // 2, axis_length - window // 2), edges)
    return steps[edges].mean() / steps[inside].mean(), steps[inside]


def test_no_seam_is_measurable_at_the_edges_of_windows(
    farsighted, write_scene, tmp_path
):
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.normal(120, 400, (320, 320, 3)), (0, 0), 6)
    scene = write_scene(np.clip(smooth, 0, 255).astype(np.uint8))
    ratios = {}
    for overlap in (0, 32):
        summary = predict.scene(
            farsighted, scene, tmp_path / "map.tif",
            window=64, overlap=overlap, outputs=SHARES,
        )  # fmt: skip
        ratios[overlap], inside = _seams(summary, 320, 64, overlap)
    assert ratios[0] > 1.5  # Where windows only touch, their edges are seen.
    assert ratios[32] < 1 + 2 * inside.std() / inside.mean() / np.sqrt(16)
    assert ratios[32] < 1.1


def test_test_time_turns_make_turned_scenes_give_turned_maps(
    farsighted, write_scene, tmp_path
):
    pixels = _pixels(64, 64)
    maps = []
    for name, turned in (("plain", pixels), ("turned", np.rot90(pixels)[:, ::-1])):
        summary = predict.scene(
            farsighted, write_scene(np.ascontiguousarray(turned), f"{name}.tif"),
            tmp_path / f"{name}_map.tif", window=64, tta=True, outputs=SHARES,
        )  # fmt: skip
        maps.append(_read(summary.beside["probabilities"]))
    np.testing.assert_allclose(np.rot90(maps[0])[:, ::-1], maps[1], atol=1e-5)
    plain = predict.scene(
        farsighted, tmp_path / "plain.tif", tmp_path / "plain_map.tif", outputs=SHARES
    )
    assert np.abs(_read(plain.beside["probabilities"]) - maps[0]).max() > 0.01


def test_test_time_turns_change_nothing_for_a_pixelwise_model(
    pixelwise, write_scene, tmp_path
):
    pixels = _pixels(40, 90)  # Windows that are not square.
    summary = predict.scene(
        pixelwise, write_scene(pixels), tmp_path / "map.tif", tta=True, outputs=SHARES
    )
    found = _read(summary.beside["probabilities"])
    np.testing.assert_allclose(found, _directly(pixels), atol=2e-5)


@pytest.mark.parametrize(
    ("kind", "within"), [("float16", 5e-4), ("uint8", 0.5 / 254 + 1e-5)]
)
def test_probabilities_may_be_stored_small(
    pixelwise, write_scene, tmp_path, kind, within
):
    pixels = _pixels(70, 80, "int16")
    pixels[:20, :30] = -1
    summary = predict.scene(
        pixelwise, write_scene(pixels, nodata=-1), tmp_path / "map.tif",
        outputs=predict.Outputs(probabilities=kind),
    )  # fmt: skip
    with rasterio.open(summary.beside["probabilities"]) as file:
        stored = np.ma.masked_invalid(file.read(masked=True))
        assert file.descriptions == LEGEND.names
        found = stored * np.array(file.scales)[:, None, None]
        bits = file.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", "8")
    assert bits == {"float16": "16", "uint8": "8"}[kind]
    observed = (pixels != -1).any(axis=-1)
    np.testing.assert_array_equal(found.mask.any(axis=0), ~observed)
    expected = np.moveaxis(_directly(pixels), -1, 0)[:, observed]
    np.testing.assert_allclose(found[:, observed], expected, atol=within)


def test_confidence_and_margin_are_those_of_the_probabilities(
    pixelwise, write_scene, tmp_path
):
    pixels = _pixels(70, 80, "int16")
    pixels[:20, :30] = -1
    summary = predict.scene(
        pixelwise, write_scene(pixels, nodata=-1), tmp_path / "map.tif",
        outputs=predict.Outputs(confidence=True),
    )  # fmt: skip
    with rasterio.open(summary.beside["confidence"]) as file:
        assert file.descriptions == ("confidence", "margin")
        stored, scale = file.read(), file.scales[0]
    observed = (pixels != -1).any(axis=-1)
    assert np.all(stored[:, ~observed] == 255)
    in_order = np.sort(_directly(pixels), axis=-1)
    margin = in_order[..., -1] - in_order[..., -2]
    for found, expected in zip(stored, (in_order[..., -1], margin), strict=True):
        np.testing.assert_allclose(
            found[observed] * scale, expected[observed], atol=0.5 / 254 + 1e-5
        )


def test_overviews_show_classes_that_are_there_and_never_a_blend(
    pixelwise, write_scene, tmp_path
):
    # Halves of classes 0 and 3: a mean would give 1 or 2.
    values = np.array([_darkest(0), _darkest(3)], np.uint8)
    pixels = np.repeat(values[[0, 1] * 400][None], 1100, axis=0)
    summary = predict.scene(pixelwise, write_scene(pixels), tmp_path / "map.tif")
    with rasterio.open(summary.map) as file:
        assert file.overviews(1)
        small = file.read(1, out_shape=(275, 200))
    assert set(np.unique(small)) <= {0, 3}


def _darkest(index):
    """Find a pixel that `pixelwise` gives a class without doubt."""
    pixels = np.random.default_rng(0).integers(0, 255, (5000, 3))
    return pixels[_directly(pixels)[:, index].argmax()]


def test_windows_at_a_time_are_what_memory_holds(farsighted, monkeypatch):
    inputs = {"image": np.zeros((1, 64, 64, 3))}
    free = classifying.estimate.outputs_bytes(farsighted, {"image": (1, 64, 64, 3)})
    assert free >= 64 * 64 * 12 * 4
    for room, expected in ((0, 1), (7, 3), (1000, 5)):
        monkeypatch.setattr(backend, "free_memory_bytes", lambda r=room: r * free)
        assert classifying.batch_size(farsighted, inputs, 5) == expected


def test_a_batch_holds_no_more_windows_than_the_scene(pixelwise, write_scene, tmp_path):
    shapes = []
    scene = write_scene(_pixels(40, 70))
    with opening.opened(
        pixelwise, scene, tmp_path / "map.tif", window=64, overlap=0, batch_size=9
    ) as (job, files):

        def classify(images):
            shapes.append(images.shape)
            return job.classify(images)

        mapping.run(replace(job, classify=classify), files, False, None)
    assert shapes == [(2, 64, 64, 3)]


def _warned(kind, *job):
    """Map a scene, and return what is warned of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        predict.scene(*job)
    return [str(each.message) for each in found if issubclass(each.category, kind)]


@pytest.mark.parametrize(("trained", "warns"), [(10, False), (11, False), (20, True)])
def test_pixels_of_another_size_than_in_training_are_warned_of(
    write_scene, tmp_path, trained, warns
):
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, keras.layers.Conv2D(4, 1)(image))
    artifact.save(
        artifact.assemble(network, BANDS, MEAN, STD, LEGEND, resolution=trained),
        tmp_path / "model.keras",
    )
    model = artifact.load(tmp_path / "model.keras")
    scene = write_scene(_pixels(9, 9))
    messages = _warned(predict.ResolutionWarning, model, scene, tmp_path / "map.tif")
    assert [f"pixels of 10 m, but the model was trained on {trained} m" in m
            for m in messages] == [True] * warns  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (lambda pixels: pixels, None),
        (lambda pixels: pixels // 50 + np.array([0, 0, 90], "uint8"), None),
        (lambda pixels: pixels / np.float32(255), "red holds values of 0.0"),
        (lambda pixels: pixels.astype("uint16") * 200 + 9000, "trained on 90 give or"),
    ],
)
def test_values_of_another_unit_than_in_training_are_warned_of(
    pixelwise, write_scene, tmp_path, stored, told
):
    scene = write_scene(stored(_pixels(300, 150)))
    messages = _warned(predict.UnitWarning, pixelwise, scene, tmp_path / "map.tif")
    assert [told in message for message in messages] == [True] * (told is not None)


def test_scenes_of_a_list_become_maps_in_a_folder_and_are_made_once(
    pixelwise, write_scene, tmp_path
):
    scenes = [write_scene(_pixels(9, 9, seed=i), f"{i}.tif") for i in range(3)]
    folder = tmp_path / "maps"
    first = list(predict.several(pixelwise, scenes, folder, window=32))
    assert [each.map for each in first] == [folder / f"{i}.tif" for i in range(3)]
    assert list(predict.several(pixelwise, scenes, folder, window=32)) == []
    write_scene(_pixels(9, 9, seed=9), "1.tif")
    again = list(predict.several(pixelwise, scenes, folder, window=32))
    assert [each.map.name for each in again] == ["1.tif"]
    anew = list(predict.several(pixelwise, scenes, folder, window=64))
    assert len(anew) == 3
    with pytest.raises(ValueError, match="two of the scenes are called 1"):
        list(predict.several(pixelwise, [scenes[1], scenes[1]], folder))


@pytest.mark.parametrize("kind", ["south-up", "rotated", "none"])
def test_every_grid_is_kept(pixelwise, write_scene, tmp_path, kind):
    transform = {
        "south-up": rasterio.Affine(10, 0, 500_000, 0, 10, 5_000_000),
        "rotated": rasterio.Affine.translation(500_000, 5_000_000)
        @ rasterio.Affine.rotation(30)
        @ rasterio.Affine.scale(10, -10),
        "none": rasterio.Affine.identity(),
    }[kind]  # fmt: skip
    pixels = _pixels(50, 60)
    place = {} if kind == "none" else {"crs": "EPSG:32633", "transform": transform}
    scene = tmp_path / "scene.tif"
    like = raster.Info(scene, 50, 60, "uint8", BANDS, None, rasterio.Affine.identity())
    if place:
        crs = rasterio.crs.CRS.from_string(place["crs"])
        like = replace(like, crs=crs, transform=transform)
    raster.write(scene, pixels, like)
    predict.scene(
        pixelwise, scene, tmp_path / "map.tif", window=32,
        outputs=predict.Outputs(quicklook=True),
    )  # fmt: skip
    info = raster.info(tmp_path / "map.tif")
    assert info.transform.almost_equals(transform, precision=1e-6)
    assert (info.crs is None) == (kind == "none")
    expected = _directly(pixels)
    settled = _settled(expected)
    np.testing.assert_array_equal(
        raster.read(tmp_path / "map.tif")[settled, 0], expected.argmax(axis=-1)[settled]
    )
    assert cv2.imread(str(tmp_path / "map.png")).shape[1] > 480


def test_a_vrt_is_a_scene(pixelwise, write_scene, tmp_path):
    pixels = _pixels(40, 50)
    scene = write_scene(pixels)
    view = tmp_path / "scene.vrt"
    rasterio.shutil.copy(scene, view, driver="VRT")
    plain = predict.scene(pixelwise, scene, tmp_path / "plain.tif")
    found = predict.scene(pixelwise, view, tmp_path / "found.tif")
    np.testing.assert_array_equal(_read(plain.map), _read(found.map))
    with pytest.raises(ValueError, match="is the scene itself"):
        predict.scene(pixelwise, view, scene)  # The view is made of it.
