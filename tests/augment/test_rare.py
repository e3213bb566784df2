import numpy as np
import pytest

from kerasseg import augment

pytestmark = pytest.mark.once


def make(share):
    label = np.zeros((10, 10), np.uint8)
    label.flat[: round(100 * share)] = 4
    return {"image": np.arange(300, dtype=np.uint16).reshape(10, 10, 3), "label": label}


TURNED = [{"name": "flip", "horizontal": 1.0, "vertical": 0.0}]


@pytest.mark.parametrize(("share", "moved"), [(0.06, True), (0.05, False), (0, False)])
def test_only_samples_with_enough_of_a_rare_class_change(share, moved):
    sample = make(share)
    found = augment.rare(
        sample, np.random.default_rng(0), classes=[2, 4], transforms=TURNED
    )
    expected = sample["image"][:, ::-1] if moved else sample["image"]
    np.testing.assert_array_equal(found["image"], expected)
    expected = sample["label"][:, ::-1] if moved else sample["label"]
    np.testing.assert_array_equal(found["label"], expected)


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"name": "flap"}, r"rare: flap.name: no augment 'flap'. Did you mean"),
        ({"name": "flip", "sideways": 1}, r"rare: flip.sideways: .*flip has no"),
        ({"name": "flip", "vertical": "x"}, r"rare: flip.vertical: "),
    ],
)
def test_a_wrong_transform_is_told(item, line):
    with pytest.raises(ValueError, match=line):
        augment.rare(make(1), np.random.default_rng(0), classes=[4], transforms=[item])
