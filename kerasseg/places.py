"""Places of files: paths of this machine, or URLs such as `s3://bucket/scene.tif`.

Object stores are reached by fsspec, with whatever credentials and endpoints it finds:
its file `~/.config/fsspec/*.json`, or variables such as `AWS_ENDPOINT_URL`. A URL is a
`UPath`, which has the methods of `Path`. What is written goes to a file of this machine
first and is sent when whole: stores show an object when all of it is there, so files
appear whole or not at all there too.
"""

import re
import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

_URL = re.compile(r"([a-z][a-z0-9+]+):/+(.*)")
"""Two letters or more: one is a drive of Windows. `Path` makes one slash of two."""


_MARKS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "created")
"""What tells the versions of a file apart, whichever the store has."""


def place(path: str | Path) -> Path:
    """Return the path of a file of this machine, or of a URL.

    Args:
        path: A path, a URL, or a `Path` made of a URL.

    Raises:
        ModuleNotFoundError: If it is a URL and what reaches it is not installed.
    """
    found = _URL.fullmatch(str(path))
    if not found or is_remote(path):
        return Path(path) if isinstance(path, str) else path
    scheme, rest = found.groups()
    try:
        url = import_module("upath").UPath(f"{scheme}://{rest}")
        _ = url.fs  # Asks for what reaches the store.
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{scheme}://{rest}: {scheme}:// needs {error.name or 'another package'}. "
            'Run `pip install "kerasseg[cloud]"`, or install fsspec\'s package for it.'
        ) from None
    except ValueError:
        raise FileNotFoundError(
            f"{scheme}://{rest}: no store is known as {scheme}://. Correct the URL."
        ) from None
    return url


def is_remote(path: Any) -> bool:
    """Tell whether a path is that of a URL."""
    return hasattr(path, "fs") and not isinstance(path, Path)


def exists(path: Path) -> bool:
    """Tell whether there is a file.

    Raises:
        ConnectionError: If its store cannot be reached, or refuses.
    """
    try:
        return path.exists()
    except Exception as error:
        if not is_remote(path):
            raise
        raise _unreachable(path, error) from None


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder, or what a store shows as one.

    Raises:
        ConnectionError: If its store cannot be reached, or refuses.
    """
    try:
        return path.is_dir()
    except Exception as error:
        if not is_remote(path):
            raise
        raise _unreachable(path, error) from None


def absolute(path: Path) -> str:
    """Return the one name of a file."""
    return str(path if is_remote(path) else path.resolve())


def stamp(path: Path) -> list[Any]:
    """Return what changes when a file does."""
    if is_remote(path):
        # All that a store tells (`ukey`) depends on how it was asked.
        told = path.fs.info(path.path)
        marks = (told[name] for name in _MARKS if told.get(name))
        return [told.get("size"), str(next(marks, None))]
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def beside(path: Path, name: str) -> Path:
    """Return a place of this machine for what belongs to a file while it is made."""
    if not is_remote(path):
        return path.with_name(name)
    return _scratch(path) / name


def publish(local: Path, path: Path) -> None:
    """Make a finished file of this machine the file at a place, whole or not at all.

    Raises:
        OSError: If a store cannot be reached, or refuses.
    """
    if not is_remote(path):
        local.replace(path)
        return
    try:
        path.fs.put_file(str(local), path.path)
    except Exception as error:
        raise _unreachable(path, error) from None
    local.unlink()
    with suppress(OSError):  # Others may still lie in it.
        _scratch(path).rmdir()


def fetched(path: Path) -> Path:
    """Return a copy of a remote file on this machine, fetched once; or a local file.

    Raises:
        ConnectionError: If its store cannot be reached, or refuses.
    """
    if not is_remote(path):
        return path
    copy = _scratch(path, *map(str, stamp(path))) / path.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        half = copy.with_name(f".{copy.name}.partial")
        try:
            path.fs.get_file(path.path, str(half))
        except Exception as error:
            shutil.rmtree(copy.parent)
            raise _unreachable(path, error) from None
        half.replace(copy)
    return copy


def listed(pattern: str) -> tuple[str, dict[str, Path]]:
    """List the files of a store that a pattern of a URL finds.

    Returns:
        The pattern and, by the text that fits it, the files: both without `s3://`.

    Raises:
        OSError: If the store cannot be reached, or refuses.
    """
    url = place(pattern)
    try:
        found = url.fs.glob(url.path)
    except Exception as error:
        raise _unreachable(url, error) from None
    return url.path, {name: place(url.fs.unstrip_protocol(name)) for name in found}


def _scratch(path: Path, *more: str) -> Path:
    named = sha256("\n".join([str(path), *more]).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kerasseg-{named}"


def _unreachable(path: Path, error: Exception) -> OSError:
    reason = " ".join(str(error).split()) or type(error).__name__
    absent = isinstance(error, FileNotFoundError)
    kind = FileNotFoundError if absent else ConnectionError
    return kind(f"{path}: {reason}. Check the URL, the credentials and the connection.")
