"""Files that appear whole or not at all, and a short hash of what they hold."""

import contextlib
import errno
import hashlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 22


def write_whole(path: Path, content: bytes | str) -> None:
    """Write beside, then rename: a reader sees the old file or the new one.

    Raises:
        OSError: If the place cannot be written, or the disk is full.
    """
    content = content.encode() if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # The first error tells more.
            partial.unlink(missing_ok=True)
        raise type(error)(
            f"{path} cannot be written: {error.strerror}. Free some space or choose "
            "another place, and run again."
        ) from None


def check_folder(path: Path) -> None:
    """See to it, before long work, that files can be written into a folder to come.

    Raises:
        NotADirectoryError: If a file is in its place, or above it.
        PermissionError: If it must not be written.
    """
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(path))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))


def fingerprint(files: Iterable[Path], root: Path) -> str:
    """Hash names and contents, so that equal data anywhere has an equal hash.

    Contents go in by their CRC-32, which keeps pace with a disk. This guards against
    mistakes, not against an adversary.

    Args:
        files: In any order.
        root: Names are taken relative to it.

    Returns:
        Twelve hexadecimal digits.

    Raises:
        FileNotFoundError: If one of the files is missing.
    """
    digest = hashlib.sha256()
    named = {file.relative_to(root).as_posix(): file for file in files}
    for name, path in sorted(named.items()):
        digest.update(f"{name}\0{_crc(path):08x}\n".encode())
    return digest.hexdigest()[:12]


def _crc(path: Path) -> int:
    value = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                value = zlib.crc32(chunk, value)
    except FileNotFoundError:
        raise FileNotFoundError(f"no file at {path}, which the data needs.") from None
    return value
