"""A command's Keras comes without what the command has no use for."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

LOAD = """
import sys
from kerasseg import light_keras

light_keras.load()
print(*sorted({"cv2", "matplotlib", "pandas", "sklearn"} & set(sys.modules)))
import keras
import matplotlib.pyplot
import sklearn.base

print(keras.Sequential([keras.layers.Dense(2)])(keras.ops.ones((1, 3))).shape)
"""


def test_keras_leaves_others_alone_and_they_can_be_imported_after_it():
    answer = subprocess.run(
        [sys.executable, "-c", LOAD], check=True, capture_output=True, text=True
    )
    assert answer.stdout.splitlines() == ["", "(1, 2)"]
