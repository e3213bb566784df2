"""Look for the files of a split before any is read."""

import os
from collections.abc import Sequence
from pathlib import Path

from kerasseg.datasets.patch_series.dataset import Patch


def check_files(patches: Sequence[Patch], what: str, cure: str) -> None:
    """See to it that each patch has its image and its label.

    Args:
        patches: Those of a split.
        what: The split, for messages.
        cure: What to do about missing files, a sentence.

    Raises:
        FileNotFoundError: If files are missing. It tells how many, and the first.
    """
    for kind, paths in (
        ("images", [patch.image for patch in patches]),
        ("annotations", [patch.label for patch in patches]),
    ):
        missing = _missing(paths)
        if missing:
            raise FileNotFoundError(
                f"{what}: {len(missing)} of {len(paths)} {kind} are missing, the first "
                f"at {missing[0]}. {cure}"
            )


def _missing(paths: Sequence[Path]) -> list[Path]:
    """List each folder once instead of asking for thousands of files."""
    there = {
        folder: set(os.listdir(folder)) if folder.is_dir() else ()
        for folder in {path.parent for path in paths}
    }
    return [path for path in paths if path.name not in there[path.parent]]
