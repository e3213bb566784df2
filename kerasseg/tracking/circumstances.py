"""What decides a result besides the recipe: the packages, and the commit."""

import subprocess
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    "kerasseg",
    "keras",
    "jax",
    "jaxlib",
    "tensorflow",
    "tensorflow-cpu",
    "numpy",
    "grain",
    "albumentations",
    "rasterio",
    "mlflow",
)


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide a result."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(folder: Path) -> str:
    """Return the git commit a folder is at, with `+` if it has changes, or ''."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "HEAD")
        return head + "+" if head and git("status", "--porcelain") else head
    except OSError:  # git is not installed
        return ""
