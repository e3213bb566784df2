"""What is known of the data of a checkpoint."""

import json

import numpy as np
import pytest

from kerasseg.convert import data

pytestmark = pytest.mark.once


def test_ten_bands_and_twenty_classes_are_those_of_pastis():
    assert data.bands(10)[:3] == ("B02", "B03", "B04")
    assert data.bands(11)[-1] == "NDVI"
    assert data.indices(data.bands(11)) == (("B08", "B04"),)
    assert data.indices(data.bands(10)) == ()
    assert data.bands(3) == ("band_1", "band_2", "band_3")
    assert data.legend(20).names[1] == "Meadow"
    assert data.legend(15).names[:2] == ("class_0", "class_1")


def test_made_up_classes_have_colours_of_their_own():
    colors = data.legend(40).colors
    assert len({tuple(color) for color in colors.tolist()}) == 40


def test_the_training_folds_of_a_run_are_averaged(tmp_path):
    path = tmp_path / "NORM_S2_patch.json"
    folds = {f"Fold_{k}": {"mean": [k, 10 * k], "std": [k, 2 * k]} for k in range(1, 6)}
    path.write_text(json.dumps(folds))
    found = data.norm(path, 2, 2)  # folds 2, 3 and 4
    np.testing.assert_allclose(found.mean, [3, 30])
    np.testing.assert_allclose(found.std, [3, 6])


def test_bands_of_the_czech_data_are_put_in_order(tmp_path):
    path = tmp_path / "NORM_S2_patch.json"
    numbers = list(range(10, 20))
    path.write_text(json.dumps({"train": {"mean": numbers, "std": numbers}}))
    # B04 B03 B02 B08 B05 B06 B07 B8A B11 B12 become B02 B03 B04 B05 B06 B07 B08 ...
    expected = [12, 11, 10, 14, 15, 16, 13, 17, 18, 19]
    assert data.norm(path, None, 10).mean.tolist() == expected


def test_without_a_file_pixels_stay_as_they_are():
    found = data.norm(None, None, 2)
    assert (list(found.mean), list(found.std)) == ([0, 0], [1, 1])
