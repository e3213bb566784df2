"""Facts are printed as one reads them, not as Python writes them."""

from pathlib import Path

import numpy as np
import pytest

from kerasseg.cli import summary

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (1234567, "1,234,567"),
        (0, "0"),
        (0.30000000000000004, "0.3"),
        (np.float32(100.82599), "100.826"),
        (np.array([1.5, 20000.0]), "1.5, 20000"),
        (("red", "near, infrared"), "red, near, infrared"),
        (False, "no"),
        (Path("maps") / "map.tif", "maps/map.tif"),
    ],
)
def test_a_fact_is_told_in_words(fact, told):
    assert summary.words(fact) == told


def test_what_is_empty_is_left_out(capsys):
    summary.show({"dropped": 0, "reasons": {}, "bands": None, "of": {"a": 1, "b": ()}})
    assert capsys.readouterr().out == "dropped: 0\nof:\n  a: 1\n"
