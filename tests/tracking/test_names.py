"""Names are dotted, and are names to MLflow."""

import posixpath

import pytest

from kerasseg.tracking import flatten, metric_name

pytestmark = pytest.mark.once


def test_nested_settings_become_dotted_names_in_order():
    nested = {"seed": 1, "data": {"name": "x", "size": {"height": 2}}, "augment": [3]}
    assert flatten(nested) == [
        ("seed", 1),
        ("data.name", "x"),
        ("data.size.height", 2),
        ("augment", [3]),
    ]


def test_names_that_mlflow_takes_stay_as_they_are():
    for name in ("val_iou/bare soil", "iou/forêt", "a.b-c:d", "iou/shrub / scrub"):
        assert metric_name(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iou/wood (dry)", "iou/wood _dry_"),
        ("iou/50 % + x", "iou/50 _ _ x"),
        ("iou/roads/", "iou/roads/_"),
        ("iou//x", "iou/_/x"),
        ("iou/..", "iou/_"),
        ("../x", "_/x"),
    ],
)
def test_a_sign_or_a_part_that_mlflow_refuses_becomes_a_line(name, expected):
    found = metric_name(name)
    assert found == expected
    assert posixpath.normpath(found) == found
