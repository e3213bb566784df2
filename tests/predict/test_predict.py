"""A scene of any size becomes a map, equal to computing it all at once."""

import itertools
import threading

import keras
import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from kerasseg import artifact, legend, predict

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
        window=64, overlap=overlap, batch_size=3, probabilities=True,
    )  # fmt: skip
    expected = _directly(pixels)
    shares = _read(summary.probabilities)
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
            window=64, overlap=overlap, probabilities=True,
        )  # fmt: skip
        worst[overlap] = np.abs(_read(summary.probabilities) - whole).max()
    assert worst[32] < worst[0] / 2


def test_the_map_is_the_same_however_windows_are_batched(
    farsighted, write_scene, tmp_path
):
    scene = write_scene(_pixels(100, 130))
    maps = []
    for batch_size in (1, 1, 4, 7):
        summary = predict.scene(
            farsighted, scene, tmp_path / "map.tif",
            window=64, batch_size=batch_size, probabilities=True,
        )  # fmt: skip
        maps.append(_read(summary.probabilities))
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
        assert file.block_shapes == [(256, 256)]
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
            window=32, batch_size=2, probabilities=True,
        )  # fmt: skip
        shares.append(_read(summary.probabilities))
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
        window=32, probabilities=True,
    )  # fmt: skip
    empty = np.isnan(pixels).all(axis=-1)
    np.testing.assert_array_equal(_read(summary.map)[..., 0] == legend.IGNORE, empty)
    assert np.isfinite(_read(summary.probabilities)[~empty]).all()
    assert summary.pixels[-1] == 100


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
            window=64, probabilities=True,
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


def test_a_long_scene_is_read_and_held_a_few_rows_at_a_time(
    pixelwise, write_scene, tmp_path, monkeypatch
):
    heights = []
    read = predict.raster.Stack.read

    def watched(self, window=None, bands=None):
        heights.append(window.height)
        return read(self, window, bands)

    monkeypatch.setattr(predict.raster.Stack, "read", watched)
    scene = write_scene(_pixels(2000, 20))
    predict.scene(pixelwise, scene, tmp_path / "map.tif", window=64, overlap=16)
    assert max(heights) == 256  # The writer's look at its own tiles; else 64.
    assert sum(h for h in heights if h <= 64) == 2000
