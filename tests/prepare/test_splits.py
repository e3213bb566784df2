import numpy as np
import pytest

from kerasseg.prepare import splits
from kerasseg.prepare.splits import Plan

pytestmark = pytest.mark.once


def world(num_scenes, per_scene=5, seed=0):
    rng = np.random.default_rng(seed)
    scenes = [f"s{i:02d}" for i in range(num_scenes) for _ in range(per_scene)]
    return scenes, rng.integers(0, 1000, (len(scenes), 3))


def assign(plan, scenes, counts):
    return splits.assign(plan, scenes, scenes, counts)


def test_patches_of_a_scene_stay_together():
    scenes, counts = world(20)
    dealt = assign(Plan(), scenes, counts)
    assert len(set(zip(scenes, dealt, strict=True))) == 20


def test_shares_are_near_the_fractions():
    scenes, counts = world(40)
    dealt = np.array(assign(Plan(), scenes, counts))
    shares = [(dealt == split).mean() for split in splits.SPLITS]
    np.testing.assert_allclose(shares, (0.7, 0.2, 0.1), atol=0.05)


def test_a_rare_class_is_in_every_split():
    scenes, counts = world(30, per_scene=1)
    counts[:, 2] = 0
    counts[[3, 11, 20], 2] = 500
    dealt = np.array(assign(Plan(fractions=(1 / 3, 1 / 3, 1 / 3)), scenes, counts))
    assert set(dealt[[3, 11, 20]]) == set(splits.SPLITS)


def test_equal_seeds_deal_equally_and_others_otherwise():
    scenes, counts = world(30)
    first, second, other = (
        assign(Plan(seed=seed), scenes, counts) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_three_scenes_fill_three_splits():
    scenes, counts = world(3)
    assert set(assign(Plan(), scenes, counts)) == set(splits.SPLITS)


def test_patterns_fill_a_split_and_the_rest_is_shared_among_the_others():
    scenes = [f"Tile {t}/p{i}" for t in (1, 2, 4) for i in range(5)]
    plan = Plan(fractions=(0.8, 0.2, 0), patterns={"test": ("Tile 4/*",)})
    dealt = np.array(assign(plan, scenes, np.ones((15, 2), int)))
    assert set(dealt[10:]) == {"test"}
    assert sorted(dealt[:10]) == ["train"] * 8 + ["val"] * 2


def test_patterns_alone_leave_the_rest_to_train():
    plan = Plan(patterns={"test": ("c",), "val": ("b",)})
    assert assign(plan, ["a", "b", "c"], np.ones((3, 2), int)) == [
        "train",
        "val",
        "test",
    ]


def test_a_pattern_that_names_no_scene_is_told():
    with pytest.raises(ValueError, match=r"test: pattern 'Tile 9/\*' names no scene"):
        Plan(patterns={"test": ("Tile 9/*",)}).fixed(["Tile 1/a"])


def test_a_scene_named_by_two_splits_is_told():
    plan = Plan(patterns={"val": ("a",), "test": ("*",)})
    with pytest.raises(ValueError, match="'a' is named by val and by test"):
        plan.fixed(["a", "b"])


def test_scenes_that_no_split_takes_are_told():
    plan = Plan(patterns={"train": ("a",), "val": ("b",), "test": ("c",)})
    with pytest.raises(ValueError, match="'d' is named by no split"):
        assign(plan, ["a", "b", "c", "d"], np.ones((4, 2), int))


def test_too_few_scenes_are_told_before_anything_is_cut():
    with pytest.raises(ValueError, match="2 scenes cannot fill train and val and test"):
        splits.check(Plan(), ["a", "b"], [["a"], ["b"]])


def test_scenes_of_one_place_count_once():
    with pytest.raises(ValueError, match="2 scenes cannot fill"):
        splits.check(Plan(), ["a1", "a2", "b"], [["a"], ["a"], ["b"]])


def test_too_few_blocks_are_told_before_anything_is_cut():
    plan, blocks = Plan(by="block"), [["1", "2"], ["3"]]
    splits.check(plan, ["a", "b"], blocks)
    with pytest.raises(ValueError, match=r"2 blocks cannot fill .* a smaller block"):
        splits.check(plan, ["a"], blocks[:1])


def test_an_empty_split_is_told_with_its_cure():
    plan = Plan(by="random")
    with pytest.raises(
        ValueError, match=r"test would be empty: 2 units .*fraction to 0"
    ):
        splits.assign(plan, ["a", "a"], ["a1", "a2"], np.ones((2, 2), int))


@pytest.mark.parametrize("fractions", [(1, 0), (0, 0, 0), (1.2, -0.2, 0)])
def test_wrong_fractions_are_told(fractions):
    with pytest.raises(ValueError, match="Give three shares"):
        Plan(fractions=fractions)
