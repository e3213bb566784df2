"""Files are fetched once and checked; offline there is one line that helps."""

import hashlib
from dataclasses import replace

import pytest

from kerasseg.encoders.published import IMAGENET
from kerasseg.weights import fetch, offline

pytestmark = pytest.mark.once
CONTENT = b"weights"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Publish a small file for one encoder; return the path it is fetched from."""
    monkeypatch.setenv("KERASSEG_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "published.h5"
    source.write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    published = replace(
        IMAGENET["resnet18"], url=source.as_uri(), checksum=f"sha256:{digest}"
    )
    monkeypatch.setitem(IMAGENET, "resnet18", published)
    return source


def test_a_file_is_fetched_once(publish):
    path = fetch.fetch_imagenet("resnet18")
    assert path.read_bytes() == CONTENT
    publish.unlink()
    assert fetch.fetch_imagenet("resnet18") == path
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_damaged_copy_is_fetched_again(publish):
    path = fetch.fetch_imagenet("resnet18")
    path.write_bytes(b"damaged")
    assert fetch.fetch_imagenet("resnet18").read_bytes() == CONTENT


def test_another_file_than_the_published_is_not_kept(publish):
    publish.write_bytes(b"something else")
    with pytest.raises(OSError, match="its checksum is not sha256:"):
        fetch.fetch_imagenet("resnet18")
    assert not list(fetch.cache().iterdir())


def test_offline_one_line_says_what_to_do(publish):
    publish.unlink()
    with pytest.raises(OSError, match="could not be fetched") as error:
        fetch.fetch_imagenet("resnet18")
    message = str(error.value)
    assert "\n" not in message
    assert publish.as_uri() in message
    assert str(fetch.cache() / IMAGENET["resnet18"].file) in message
    assert "`weights: null`" in message


def test_an_encoder_without_weights_is_told(publish):
    with pytest.raises(LookupError, match="no ImageNet weights are known for 'mit'"):
        fetch.fetch_imagenet("mit")


def test_checksums_are_whole():
    sizes = {"md5": 32, "sha256": 64}
    for published in IMAGENET.values():
        if published.checksum is None:  # NVIDIA publishes none
            assert published.file.startswith("mit-")
            continue
        algorithm, digest = published.checksum.split(":")
        assert len(bytes.fromhex(digest)) * 2 == sizes[algorithm]
    assert len({published.file for published in IMAGENET.values()}) == len(IMAGENET)


def test_an_unwritable_cache_is_told(publish, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERASSEG_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match="could not be fetched"):
        fetch.fetch_imagenet("resnet18")


def test_what_would_be_fetched_is_told_and_left_out(publish):
    names = ["resnet18", "mit_b0"]
    source, absent = offline.without_fetching("imagenet", names)
    assert source is None
    assert absent == {name: IMAGENET[name].url for name in names}
    fetch.fetch_imagenet("resnet18")
    source, absent = offline.without_fetching("imagenet", names)
    assert source == ["imagenet", None]
    assert list(absent) == ["mit_b0"]


@pytest.mark.parametrize("source", [None, "local.h5", ["a.h5", None]])
def test_local_weights_are_loaded_as_they_are(publish, source):
    assert offline.without_fetching(source, ["resnet18", "mit_b0"]) == (source, {})


def test_a_preset_that_is_not_here_is_told_instead_of_fetched(tmp_path):
    with pytest.raises(ValueError, match=r"resnet_18_imagenet.*without --dry-run"):
        offline.without_fetching(None, "keras_hub:resnet_18_imagenet")
    here = f"keras_hub:{tmp_path}"
    assert offline.without_fetching("imagenet", here) == ("imagenet", {})
