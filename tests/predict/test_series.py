"""A scene of many dates is mapped as the model maps it whole."""

import keras
import numpy as np
import pytest
from fakes import tiny_series

from kerasseg import artifact, predict, raster
from kerasseg.datasets import series


@pytest.fixture
def dated(tmp_path):
    series.write_fake(tmp_path / "scene")
    return tmp_path / "scene"


@pytest.fixture
def model(dated):
    keras.utils.set_random_seed(0)
    data = series.load("train", dated)
    inner = tiny_series(len(data.bands), data.legend.num_classes)
    mean, std = data.statistics()
    return artifact.assemble(inner, data.bands, mean, std, data.legend)


def test_windows_of_a_series_give_the_map_of_the_whole(model, dated, tmp_path):
    told = predict.series(
        model, dated, tmp_path / "map.tif", images="images/*.tif", window=32, overlap=4
    )
    whole = series.load("train", dated, fractions=(1, 0, 0), patch_size=told.height)
    sample = whole[0]
    batch = {name: sample[name][None] for name in ("image", "days")}
    logits = np.asarray(model.predict_on_batch(batch))[0]
    found = raster.read(tmp_path / "map.tif")[..., 0]
    expected = logits.argmax(-1)[: told.height, : told.width]
    assert told.windows > 1
    np.testing.assert_array_equal(found, expected)
    first = raster.info(sorted((dated / "images").glob("*.tif"))[0])
    assert raster.info(tmp_path / "map.tif").crs == first.crs


def test_a_series_model_asks_for_a_folder_and_an_image_model_for_a_file(
    model, dated, tmp_path
):
    file = next((dated / "images").glob("*.tif"))
    with pytest.raises(ValueError, match="Give it a folder"):
        predict.scene(model, file, tmp_path / "map.tif")
    with pytest.raises(FileNotFoundError, match="no image at"):
        predict.series(model, dated, tmp_path / "map.tif", images="none/*.tif")
    with pytest.raises(ValueError, match="lies before the reference date 2100-01-01"):
        predict.series(
            model,
            dated,
            tmp_path / "map.tif",
            images="images/*.tif",
            reference_date="2100-01-01",
        )
    assert not (tmp_path / "map.tif").exists()
