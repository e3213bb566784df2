"""Published files are fetched once, checked and kept in a cache."""

import contextlib
import hashlib
import os
import shutil
import urllib.request
from pathlib import Path

from kerasseg.encoders.published import IMAGENET, Published

_TIMEOUT_S = 60


def cache() -> Path:
    """Return the folder of the cache: `KERASSEG_CACHE`, or `~/.cache/kerasseg`."""
    chosen = os.environ.get("KERASSEG_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "kerasseg"


def fetch_imagenet(encoder: str) -> Path:
    """Return the file with the ImageNet weights of an encoder, fetched if need be.

    Raises:
        LookupError: If none are published for it.
        OSError: If they cannot be fetched, or what came is not what was published.
    """
    published = _published(encoder)
    path = cache() / published.file
    if not _matches(path, published.checksum):
        _download(encoder, published, path)
    return path


def address(encoder: str) -> str | None:
    """Return where `fetch_imagenet` would fetch from; None if it need not.

    Raises:
        LookupError: If no weights are published for the encoder.
    """
    published = _published(encoder)
    here = _matches(cache() / published.file, published.checksum)
    return None if here else published.url


def _published(encoder: str) -> Published:
    if encoder not in IMAGENET:
        raise LookupError(
            f"no ImageNet weights are known for {encoder!r}. "
            "Give `weights` the path of a local file, or null."
        )
    return IMAGENET[encoder]


def _download(encoder: str, published: Published, path: Path) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    cure = (
        f"Put the file at {path}, give `weights` the path of a local copy, or set "
        "`weights: null` to start from random weights."
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(published.url, timeout=_TIMEOUT_S) as answer,
            partial.open("wb") as file,
        ):
            shutil.copyfileobj(answer, file)
        if not _matches(partial, published.checksum):
            raise OSError(f"its checksum is not {published.checksum}")
        os.replace(partial, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise OSError(
            f"the ImageNet weights of {encoder} could not be fetched from "
            f"{published.url} ({reason}). {cure}"
        ) from None
    finally:
        with contextlib.suppress(OSError):  # The first error tells more.
            partial.unlink(missing_ok=True)


def _matches(path: Path, checksum: str | None) -> bool:
    if not path.is_file() or checksum is None:
        return path.is_file()
    algorithm, _, expected = checksum.partition(":")
    with path.open("rb") as file:
        # MD5 is what the publisher states; it guards against damage, not malice.
        digest = hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        )
    return digest.hexdigest() == expected
