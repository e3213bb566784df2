"""What a command line names as source: files, a list of them, or a folder."""

from collections.abc import Sequence
from pathlib import Path

from kerasseg import places

_LISTS = {".txt", ".lst"}


def expand(given: Sequence[Path], images: str = "*.tif") -> list[Path]:
    """Return the rasters that files, text files with a path per line, and folders name.

    In a text file, empty lines and those that begin with `#` are left out, and
    relative paths count from its folder. All of them may be URLs.

    Args:
        given: As they were named.
        images: Pattern of the names of files in a folder.

    Raises:
        FileNotFoundError: If one of them is not there.
        ValueError: If a list or folder names none.
    """
    return [path for each in given for path in _expanded(places.place(each), images)]


def _expanded(path: Path, images: str) -> list[Path]:
    if places.is_folder(path):
        found = sorted(path.glob(images))
    elif path.suffix.lower() in _LISTS and path.is_file():
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        named = [places.place(line) for line in lines if line and line[0] != "#"]
        found = [
            each if places.is_remote(each) else path.parent / each for each in named
        ]
    else:
        return [_there(path, _PATTERN if _is_pattern(path) else "Correct the path.")]
    if not found:
        raise ValueError(f"{path}: names no scene. Give one that does.")
    return [_there(each, f"Correct {path}.") for each in found]


_PATTERN = (
    "A pattern that finds files is the shell's matter: leave its quotes out, or name "
    "the folder and give the pattern with --images."
)


def _is_pattern(path: Path) -> bool:
    return any(sign in path.name for sign in "*?[")


def _there(path: Path, cure: str) -> Path:
    if not (places.exists(path) and path.is_file()):
        raise FileNotFoundError(f"no scene at {path}. {cure}")
    return path
