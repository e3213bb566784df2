"""Keras without the libraries that it loads for uses a command does not have."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_UNUSED = ("cv2", "matplotlib", "pandas", "sklearn")
"""What Keras imports where it is installed: for pictures, tables and wrappers.

They take a second and a half and 160 MB, half of what Keras takes.
"""


def load() -> None:
    """Import Keras as if those were not installed; imported later, they work.

    For processes that are kerasseg's own: drawing with Keras, its wrappers of
    scikit-learn and tables of pandas do not work in them.
    """
    with _hidden(name for name in _UNUSED if name not in sys.modules):
        import keras  # noqa: F401


@contextmanager
def _hidden(names: Iterator[str]) -> Iterator[None]:
    hidden = list(names)
    sys.modules.update(dict.fromkeys(hidden))  # `None` means that there is none
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
