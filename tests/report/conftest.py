"""A legend of four classes, of which one is absent, and a map that is mostly right."""

import numpy as np
import pytest

from kerasseg import legend as legends


@pytest.fixture
def legend():
    return legends.from_dict(
        {
            "classes": [
                {"name": "water", "color": "#3B82C4"},
                {"name": "wood <young> & old", "color": "#2E7D4F"},
                {"name": "route pavée", "color": "#5A5A66"},
                {"name": "ice", "color": "#FFFFFF"},
            ]
        }
    )


@pytest.fixture
def matrix():
    return np.array(
        [[900, 60, 40, 0], [30, 1470, 0, 0], [25, 25, 50, 0], [0, 0, 0, 0]], np.int64
    )


@pytest.fixture
def place():
    """An image uint8 `(48, 40, 3)`, its label and a prediction."""
    rng = np.random.default_rng(0)
    label = np.zeros((48, 40), np.uint8)
    label[:, 20:] = 1
    label[:8] = 255
    prediction = label.copy()
    prediction[:8] = 0
    prediction[40:] = 2
    return rng.integers(0, 256, (48, 40, 3)).astype(np.uint8), label, prediction
