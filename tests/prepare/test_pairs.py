import pytest

from kerasseg.prepare import pairs

pytestmark = pytest.mark.once


@pytest.fixture
def tree(tmp_path):
    """Make empty files of these names and return the folder."""

    def make(*names: str):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


def scenes(images, labels):
    return [pair.scene for pair in pairs.find(images, labels)]


def test_folders_pair_by_relative_path_without_suffix(tree):
    root = tree("i/a.jpg", "i/x/b.tif", "m/a.png", "m/x/b.png", "i/note.txt")
    found = pairs.find(root / "i", root / "m")
    assert [pair.scene for pair in found] == ["a", "x/b"]
    assert found[1].image == root / "i/x/b.tif"
    assert found[1].label == root / "m/x/b.png"


def test_patterns_pair_by_what_the_wildcards_stand_for(tree):
    root = tree(
        *(f"Tile {n}/{f}" for n in (1, 2) for f in ("images/p.jpg", "masks/p.png"))
    )
    found = scenes(f"{root}/*/images/*.jpg", f"{root}/*/masks/*.png")
    assert found == ["Tile 1/p", "Tile 2/p"]


def test_a_suffix_of_the_name_may_tell_labels_from_images(tree):
    root = tree("a_1.jpg", "a_1_m.png", "a_2.jpg", "a_2_m.png")
    assert scenes(f"{root}/*.jpg", f"{root}/*_m.png") == ["a_1", "a_2"]


def test_double_stars_reach_any_depth(tree):
    root = tree("i/a.tif", "i/x/y/b.tif", "m/a.tif", "m/x/y/b.tif")
    assert scenes(f"{root}/i/**/*.tif", f"{root}/m/**/*.tif") == ["a", "x/y/b"]


def test_two_files_are_a_pair_whatever_their_names(tree):
    root = tree("scene.tif", "truth.png")
    assert scenes(root / "scene.tif", root / "truth.png") == ["scene"]


def test_every_image_without_a_label_is_told(tree):
    root = tree("i/a.tif", "i/b.tif", "m/b.tif", "m/c.tif")
    with pytest.raises(ValueError, match=r"a.tif has no label; .*c.tif has no image"):
        pairs.find(root / "i", root / "m")


def test_two_images_of_one_name_are_told(tree):
    root = tree("i/a.tif", "i/a.jpg", "m/a.tif")
    with pytest.raises(ValueError, match=r"a.jpg and .*a.tif are both scene 'a'"):
        pairs.find(root / "i", root / "m")


def test_an_empty_folder_is_told(tree):
    root = tree("i/note.txt", "m/a.tif")
    with pytest.raises(FileNotFoundError, match="no image at"):
        pairs.find(root / "i", root / "m")
